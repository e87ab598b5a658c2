"""The recognisers of the library SpeechRecognition: on this machine, or at somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from companion.errors import MissingExtra, SpeechError
from companion.sections.hearing import Engine, LibraryEar
from companion.speech.recognizer import Recognizer
from companion.types import Audio, Language

PATIENCE = 10
"""Seconds that a recogniser elsewhere has for its answer."""


@dataclass(frozen=True, slots=True)
class Engined:
    """How the function of an engine takes the language ("en-US" or "en") and the key."""

    language: Literal["tag", "code", "none"] = "tag"
    key: bool = False


ENGINES: dict[Engine, Engined] = {
    "sphinx": Engined(),
    "vosk": Engined("none"),
    "whisper": Engined("code"),
    "faster_whisper": Engined("code"),
    "google": Engined(key=True),
    "wit": Engined("none", key=True),
    "azure": Engined(key=True),
    "openai": Engined("code"),
}
TAGS: dict[Language, str] = {"en": "en-US", "fr": "fr-FR"}


class LibraryRecognizer(Recognizer):
    """One engine of SpeechRecognition; what the engine needs is installed by whoever chooses it."""

    def __init__(self, name: str, settings: LibraryEar) -> None:
        super().__init__(name, settings.languages)
        self._settings, self._how = settings, ENGINES[settings.engine]

    def _load(self) -> None:
        """The library is there, and so is the key where one is needed."""
        try:
            import speech_recognition  # type: ignore[import-untyped]  # noqa: F401
        except ImportError:
            raise MissingExtra("speechrecognition", "recognizers") from None
        variable = self._settings.key_env
        if (variable or self._how.key) and self._settings.key() is None:
            raise SpeechError(
                f"{self._settings.engine} needs a key, and none is set",
                where=f"hearing.ears.{self.name}.key_env",
                repair=f"Set the environment variable {variable}." if variable else "Name one.",
            )

    def _understand(self, audio: Audio, language: Language) -> tuple[str, float | None]:
        import speech_recognition as library

        recognizer = library.Recognizer()
        recognizer.operation_timeout = PATIENCE
        function = getattr(recognizer, f"recognize_{self._settings.engine}")
        try:
            found = function(library.AudioData(audio.pcm, audio.rate, 2), **self._words(language))
        except library.UnknownValueError:  # there was speech, and nothing in it was understood
            return "", None
        except Exception as error:  # each engine raises what the library behind it raises
            raise SpeechError(
                f"{self._settings.engine} could not listen: {self._told(error)}", where=self.name
            ) from None
        return _text(found)

    def _words(self, language: Language) -> dict[str, Any]:
        """The arguments by name; what the settings say comes last."""
        spoken = {"tag": TAGS[language], "code": str(language)}.get(self._how.language)
        key = self._settings.key() if self._how.key else None
        given = {"language": spoken, "key": key.get_secret_value() if key else None}
        return {name: value for name, value in given.items() if value} | self._settings.options

    def _told(self, error: Exception) -> str:
        """What it said, without the key."""
        key = self._settings.key()
        text = str(error) or type(error).__name__
        return text.replace(key.get_secret_value(), "…") if key else text


def _text(found: Any) -> tuple[str, float | None]:
    """Most engines return a text; Azure returns a pair with its confidence."""
    if isinstance(found, tuple):
        return str(found[0]).strip(), float(found[1])
    return str(found).strip(), None
