"""Whisper and wav2vec 2.0, loaded by transformers from a folder of safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from companion.errors import MissingExtra, SpeechError
from companion.resources import choose_device, usual_threads
from companion.sections.hearing import Wav2Vec2Ear, WhisperEar
from companion.sections.parts import Hardware
from companion.speech.recognizer import Recognizer
from companion.speech.sounds import RATE, floats
from companion.types import Audio, Language

if TYPE_CHECKING:
    import torch

WINDOW = 30
"""Seconds that Whisper hears at a time."""

Kind = Literal["whisper", "wav2vec2"]


class TransformersRecognizer(Recognizer):
    """A recogniser that loads its weights when it is first asked, and keeps them.

    The settings name a folder, or a model that the Hub's cache has already: nothing is downloaded,
    and no code of the folder runs.
    """

    def __init__(
        self, name: str, settings: WhisperEar | Wav2Vec2Ear, hardware: Hardware | None = None
    ) -> None:
        super().__init__(name, settings.languages)
        self._path = settings.path
        self._kind: Kind = settings.kind
        self._hardware = hardware or Hardware()
        self._processor: Any = None
        self._model: Any = None

    def _load(self) -> None:
        if self._model is not None:
            return
        usual_threads()
        own = self._hardware
        device = choose_device(own.gpu, own.visible_devices, own.gpu_memory_fraction)
        processor, model = _pretrained(self._path, self._kind)
        import torch

        dtype = getattr(torch, device.dtype)
        self._processor, self._model = processor, model.to(device.name, dtype).eval()

    def _understand(self, audio: Audio, language: Language) -> tuple[str, float | None]:
        """Whisper tells no probability that could be trusted, and neither does CTC."""
        import torch

        torch.set_num_threads(usual_threads())  # small chat models leave one to who comes later
        hear = self._whisper if self._kind == "whisper" else self._wav2vec2
        samples = floats(audio)
        try:
            step = WINDOW * RATE
            parts = [samples[at : at + step] for at in range(0, len(samples), step)]
            texts = [hear(part, language).strip() for part in parts]
        except (RuntimeError, ValueError) as error:
            raise SpeechError(f"It could not listen: {error}", where=self.name) from error
        return " ".join(filter(None, texts)), None

    def _whisper(self, samples: Any, language: Language) -> str:
        import torch

        features = self._inputs(samples).input_features
        several = bool(getattr(self._model.generation_config, "is_multilingual", False))
        wanted = {"language": language, "task": "transcribe"} if several else {}
        with torch.inference_mode():
            tokens = self._model.generate(features, **wanted)
        return str(self._processor.batch_decode(tokens, skip_special_tokens=True)[0])

    def _wav2vec2(self, samples: Any, language: Language) -> str:
        """The likeliest letter of each frame; the processor drops repetitions and blanks."""
        import torch

        with torch.inference_mode():
            letters = self._model(self._inputs(samples).input_values).logits.argmax(-1)
        return str(self._processor.batch_decode(letters)[0]).lower()

    def _inputs(self, samples: Any) -> Any:
        inputs = self._processor(samples, sampling_rate=RATE, return_tensors="pt")
        dtype: torch.dtype = self._model.dtype
        return inputs.to(self._model.device, dtype)


def _pretrained(path: str, kind: Kind) -> tuple[Any, Any]:
    """Processor and model. Raises MissingExtra, and SpeechError for a folder that is none."""
    folder = Path(path).expanduser()
    source = str(folder) if folder.is_dir() else path
    try:
        from safetensors import SafetensorError
        from transformers import AutoModelForCTC, AutoModelForSpeechSeq2Seq, AutoProcessor
        from transformers.utils.logging import disable_progress_bar
    except ImportError:
        raise MissingExtra("transformers", "local") from None
    disable_progress_bar()
    maker: Any = AutoModelForSpeechSeq2Seq if kind == "whisper" else AutoModelForCTC
    here: dict[str, Any] = {"local_files_only": True}
    try:
        processor = AutoProcessor.from_pretrained(source, **here)
        model = maker.from_pretrained(source, use_safetensors=True, **here)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SpeechError(
            f"The recogniser cannot be loaded: {why}",
            where=path,
            repair="Give the folder of a model as transformers writes it, with model.safetensors.",
        ) from None
    if model.config.model_type != kind:
        raise SpeechError(
            f"This is a model of the kind {model.config.model_type}, not {kind}", where=path
        )
    return processor, model
