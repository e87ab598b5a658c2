"""What does the user want? A text becomes one of the known intents, or none of them.

`ready()` is the trained classifier by which a task is chosen.
"""

from companion.intents.classifier import IntentClassifier, Prediction
from companion.intents.data import Corpus, Examples, banking77, clinc150
from companion.intents.registry import NAME, embedder, ready, ready_beside, register, registered
from companion.intents.scoring import Measures, measure, rejection_threshold

__all__ = [
    "NAME",
    "Corpus",
    "Examples",
    "IntentClassifier",
    "Measures",
    "Prediction",
    "banking77",
    "clinc150",
    "embedder",
    "measure",
    "ready",
    "ready_beside",
    "register",
    "registered",
    "rejection_threshold",
]
