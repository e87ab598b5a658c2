"""Our own byte-level BPE tokenizer, English and French, with the chat template inside."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from companion.training.recipe import TrainingError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BEGIN, END, PAD = "<|begin|>", "<|end|>", "<|pad|>"
ROLES = ("system", "user", "assistant")
SPECIAL = (PAD, BEGIN, END, *(f"<|{role}|>" for role in ROLES))

# What somebody types must not pass for a role mark, hence the space put into "<|".
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message.role not in ['system', 'user', 'assistant'] %}"
    "{{ raise_exception('Unknown role ' + message.role + ': use system, user or assistant.') }}"
    "{% endif %}"
    "{{ '<|' + message.role + '|>' + message.content.replace('<|', '< |') + eos_token }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocabulary: int, context: int) -> PreTrainedTokenizerFast:
    """Learn `vocabulary` tokens from `texts`; every byte is a token, so nothing is unknown.

    Raises:
        TrainingError: the vocabulary cannot even hold the bytes and the role marks.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    if vocabulary < 256 + len(SPECIAL):
        raise TrainingError(
            f"A vocabulary of {vocabulary} is too small",
            repair=f"256 bytes and {len(SPECIAL)} role marks need {256 + len(SPECIAL)}.",
        )
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
        additional_special_tokens=[f"<|{role}|>" for role in ROLES],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a model that was trained here.

    Raises:
        TrainingError: the folder holds none.
    """
    from transformers import PreTrainedTokenizerFast

    try:
        tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(
            folder, local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"There is no tokenizer to go on with: {error}",
            where=str(folder),
            repair="Name the folder of a model that was trained here.",
        ) from error
    return tokenizer
