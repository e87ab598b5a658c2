"""From conversations to rows of token ids: who is who, under which system prompt, packed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from companion.training import grammar
from companion.training.corpora import Conversation, Corpus, CorpusError
from companion.training.recipe import Phase
from companion.training.tokenizer import ROLES, SPECIAL

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerFast

IGNORED = -100  # the label that torch's cross-entropy leaves out

_LIVES_A_LIFE = re.compile(
    r"\bmy (?:wife|husband|kids?|son|sons|daughters?|mom|mum|dad|mother|father|parents|family"
    r"|brothers?|sisters?|boss|job|work|school|girlfriend|boyfriend|friends?|house|dog|cat|car|hometown"
    r"|grand\w+|childhood|wedding|birthday|hair|body|hands?|room|apartment|garden|kitchen"
    r"|uncle|aunt|cousins?)\b"
    r"|\bI(?:'m| am) (?:a|an|from|married|single|\d+|in (?:school|college)|going to|planning"
    r"|hungry|tired)\b"
    r"|\bI (?:live|lived|work|worked|grew|was born|went|took|met|play|played|drive|drove|cook|ate"
    r"|eat|drink|bought|watched|saw|wear|own|go to|used to|moved|visited|teach|study|cried)\b"
    r"|\bI (?:have|had|got|'ve got) (?:a|an|two|three|four|one|some) "
    r"|\bI(?:'ve| have) (?:been|seen|watched|met|visited|played|lived|worked|read|heard)\b"
    r"|\b(?:when I was|as a kid|years old|I'm human|I am human|let's (?:go|meet|watch|get))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one conversation, and for each whether the companion says it."""

    ids: list[int]
    spoken: list[bool]


Talk = tuple[Sequence[str], str]  # turns, system prompt


def encode(turns: Sequence[str], system: str, tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """The conversation as the chat template renders it, with a mask of the companion's words."""
    return encode_all([(turns, system)], tokenizer)[0]


def encode_all(talks: Sequence[Talk], tokenizer: PreTrainedTokenizerFast) -> list[Encoded]:
    """Many conversations at once, which is several times faster than one by one."""
    said = [[("system", system)] * bool(system) + _by_role(turns) for turns, system in talks]
    texts = [text.replace("<|", "< |") for talk in said for _, text in talk]
    words = iter(tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else [])
    return [_joined([(role, next(words)) for role, _ in talk], tokenizer) for talk in said]


def _by_role(turns: Sequence[str]) -> list[tuple[str, str]]:
    return [(("user", "assistant")[at % 2], turn) for at, turn in enumerate(turns)]


def _joined(said: list[tuple[str, list[int]]], tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Put the marks of roles and ends around the words."""
    mark = {role: tokenizer.convert_tokens_to_ids(f"<|{role}|>") for role in ROLES}
    ids, spoken = [tokenizer.bos_token_id], [False]
    for role, tokens in said:
        ids += [mark[role], *tokens, tokenizer.eos_token_id]
        spoken += [False] + [role == "assistant"] * (len(tokens) + 1)
    return Encoded(ids, spoken)


def lives_a_life(turns: Sequence[str]) -> bool:
    """Whether these turns tell of a human life, which an AI must not claim as its own."""
    return any(_LIVES_A_LIFE.search(turn) for turn in turns)


def stage(conversation: Conversation, chance: random.Random) -> tuple[Sequence[str], str]:
    """(turns, system prompt): who takes the companion's part, and as whom.

    A companion that is told it is an AI must not learn to have children and a car from people's
    chats. So that prompt stands only over turns without a life in them; people speak as people.
    """
    turns, personas = conversation.turns, conversation.personas
    if conversation.system:
        return turns, conversation.system
    if len(turns) > 3 and chance.random() < 0.5:  # the other speaker may be the companion as well
        turns, personas = turns[1:], personas[::-1]
    if personas:
        return turns, _as_person(personas[1], chance)
    if chance.random() < 0.4 and not lives_a_life(turns[1::2]):
        return turns, grammar.system_prompt(conversation.language, chance)
    return turns, ""


def _as_person(sentences: Sequence[str], chance: random.Random) -> str:
    """A prompt for playing a person with this persona."""
    name = chance.choice(grammar.first_names("en"))
    return f"You play {name}, a person. {' '.join(sentences)}"


class Mixture:
    """An endless, repeatable stream of encoded conversations from several corpora.

    The next conversation comes from the corpus that is furthest behind its share of the tokens;
    each corpus is read through in a fresh order before it begins again.
    """

    def __init__(
        self, corpora: Sequence[Corpus], tokenizer: PreTrainedTokenizerFast, seed: int = 0
    ) -> None:
        self.training = {corpus.name: corpus.split()[0] for corpus in corpora}
        if not any(self.training.values()):
            raise CorpusError(
                "There is nothing to train on", repair="Give corpora with conversations in them."
            )
        self.tokenizer, self.seed = tokenizer, seed
        self.drawn = dict.fromkeys(self.training, 0)
        self.served = dict.fromkeys(self.training, 0)
        self.phase_until = 0.0
        self.batches = 0
        self.ids: list[int] = []
        self.spoken: list[bool] = []
        self._orders: dict[tuple[str, int], list[int]] = {}

    def batch(self, phase: Phase, tokens: int, packed: bool = True) -> tuple[Tensor, Tensor]:
        """(input ids, labels), both of shape (tokens // phase.row, phase.row), int64."""
        import torch

        if phase.until != self.phase_until:  # each phase counts its shares from its own beginning
            self.phase_until, self.served = phase.until, dict.fromkeys(self.training, 0)
        rows = max(1, tokens // phase.row)
        if self._chance().random() < phase.echo:
            return self._echo(phase, rows)
        ids, spoken = (self._packed if packed else self._padded)(phase, rows)
        scored = spoken if phase.companion_only else ids != self.padding
        return ids, ids.where(scored, torch.tensor(IGNORED))

    @property
    def padding(self) -> int:
        """The token id that fills rows up and is never scored."""
        return int(self.tokenizer.pad_token_id)

    def _packed(self, phase: Phase, rows: int) -> tuple[Tensor, Tensor]:
        """Rows cut from the endless stream: (ids, whether the companion says it)."""
        import torch

        needed = rows * phase.row
        while len(self.ids) < needed:
            talk = self._draw(phase)
            self.ids += talk.ids
            self.spoken += talk.spoken
        ids = torch.tensor(self.ids[:needed]).view(rows, phase.row)
        spoken = torch.tensor(self.spoken[:needed]).view(rows, phase.row)
        del self.ids[:needed], self.spoken[:needed]
        return ids, spoken

    def _padded(self, phase: Phase, rows: int) -> tuple[Tensor, Tensor]:
        """One conversation a row, cut at the end of the row or filled up: (ids, spoken)."""
        import torch

        ids = torch.full((rows, phase.row), self.padding)
        spoken = torch.zeros((rows, phase.row), dtype=torch.bool)
        for row in range(rows):
            talk = self._draw(phase)
            length = min(len(talk.ids), phase.row)
            ids[row, :length] = torch.tensor(talk.ids[:length])
            spoken[row, :length] = torch.tensor(talk.spoken[:length])
        return ids, spoken

    def _chance(self) -> random.Random:
        """A source of chance of its own for each batch, the same when a run goes on."""
        self.batches += 1
        return random.Random(f"{self.seed} batch {self.batches}")

    def _echo(self, phase: Phase, rows: int) -> tuple[Tensor, Tensor]:
        """Random tokens said again and again; what can be foretold is scored.

        Each row has a period of its own, so that only looking for the last time helps.
        """
        import torch

        generator = torch.Generator().manual_seed(self.batches * 1_000_003 + self.seed)
        first, last = len(SPECIAL), len(self.tokenizer)
        ids = torch.randint(first, last, (rows, phase.row), generator=generator)
        shortest, longest = phase.periods
        period = torch.randint(shortest, longest + 1, (rows, 1), generator=generator)
        position = torch.arange(phase.row)
        ids = ids.gather(1, position % period)
        return ids, ids.where(position >= period, torch.tensor(IGNORED))

    def state(self) -> dict[str, Any]:
        """What is needed to go on from here, as plain JSON."""
        kept = ("drawn", "served", "phase_until", "batches", "ids", "spoken")
        return {name: getattr(self, name) for name in kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken; a corpus that came since begins at its beginning."""
        for name, value in state.items():
            counted = isinstance(value, dict)
            setattr(self, name, dict.fromkeys(self.training, 0) | value if counted else value)

    def _draw(self, phase: Phase) -> Encoded:
        """The next conversation, of the corpus whose turn it is."""
        present = [name for name, part in self.training.items() if part]
        shares = {name: phase.shares.get(name, 0.0) for name in present}
        if not any(shares.values()):
            shares = dict.fromkeys(present, 1.0)
        name = min(
            (name for name, share in shares.items() if share),
            key=lambda name: self.served[name] / shares[name],
        )
        number = self.drawn[name]
        chance = random.Random(f"{self.seed} {name} {number}")
        encoded = encode(*stage(self._conversation(name, number), chance), self.tokenizer)
        self.drawn[name] += 1
        self.served[name] += len(encoded.ids)
        return encoded

    def _conversation(self, name: str, number: int) -> Conversation:
        """The `number`-th conversation drawn from this corpus since the beginning."""
        part = self.training[name]
        epoch, position = divmod(number, len(part))
        order = self._orders.get((name, epoch))
        if order is None:
            order = random.Random(f"{self.seed} {name} order {epoch}").sample(
                range(len(part)), len(part)
            )
            self._orders = {key: kept for key, kept in self._orders.items() if key[0] != name}
            self._orders[name, epoch] = order
        return part[order[position]]


def texts(corpora: Sequence[Corpus]) -> Iterator[str]:
    """Every word of the training parts, for the tokenizer to learn from."""
    for corpus in corpora:
        for conversation in corpus.split()[0]:
            yield from conversation.turns
            yield from sum(conversation.personas, ())
            if conversation.system:
                yield conversation.system
