"""What no model is asked: honesty about being an AI, care in a crisis, and text that stays data.

`guard` decides, before a model runs, whether a message is answered by rule. `claims_to_be_human`
judges what a model says, and `honest` corrects it. `quoting` makes text from cards, memory and
files safe to put in a prompt.
"""

from companion.safety.breaks import break_reminder
from companion.safety.claims import honest
from companion.safety.guarding import guard, load
from companion.safety.help_lines import help_lines
from companion.safety.honesty import asks_if_human, claims_to_be_human
from companion.safety.quoting import neutral, one_line, quoted

__all__ = [
    "asks_if_human",
    "break_reminder",
    "claims_to_be_human",
    "guard",
    "help_lines",
    "honest",
    "load",
    "neutral",
    "one_line",
    "quoted",
]
