"""The classifier in MLflow's registry: put there once, taken out by whoever chooses a task.

from companion import intents

tasks = intents.ready()
tasks.predict("wake me at six")      # Prediction(intent='alarm', confidence=…)
tasks.predict("why is the sky up?")  # Prediction(intent=None, …): none of its tasks
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from companion import tracking
from companion.embeddings import Embedder, minilm
from companion.errors import ModelUnavailable
from companion.intents.classifier import IntentClassifier
from companion.intents.data import Corpus, clinc150

NAME = "intents"


def embedder() -> Embedder:
    """What the registered classifier reads with: English MiniLM, a lower layer beside the last.

    Chosen on the validation part of CLINC150. Raises MissingExtra and ModelUnavailable.
    """
    return minilm().of_layers(4, 6)


def ready() -> IntentClassifier:
    """The classifier that chooses a task: the newest registered one, else one trained now.

    It knows CLINC150's 150 intents, in English. Training takes a minute or two of two cores; the
    result is registered, so that the next call takes it from there (without mlflow: nothing is
    kept). Keep what you get; each call reads it again. Raises MissingExtra, ModelUnavailable, and
    TrackingError for a store that cannot be opened.
    """
    found = registered()
    if found is not None:
        return found
    corpus = clinc150()
    classifier = IntentClassifier.train(corpus.train, embedder(), corpus.validation)
    with tracking.start_run("intents/ready", params={"corpus": corpus.name}) as run:
        register(run, classifier, corpus)
    return classifier


def ready_beside(
    command: Sequence[str] = (sys.executable, "-m", "companion.intents"),
) -> IntentClassifier:
    """The same; where it has to be trained, that is done in a process of its own.

    Whoever waits for it in a thread may leave at any time, and keeps the processor's attention. The
    process goes on to its end, so that the next one finds the classifier.
    Raises ModelUnavailable, too, when that process fails.
    """
    found = registered()
    if found is None and tracking.available():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            raise ModelUnavailable(
                f"The classifier could not be trained: {why}", where=" ".join(command)
            )
        found = registered()
    return found or ready()


def register(
    run: tracking.Run, classifier: IntentClassifier, corpus: Corpus, name: str = NAME
) -> str:
    """Record the training data with the run, and the classifier as the newest of that name.

    The classifier must read with `embedder()`, as whoever takes it out does. Returns its version,
    which is "" where mlflow is not installed.
    """
    columns = {"text": corpus.train.texts, "intent": [i or "" for i in corpus.train.intents]}
    run.data(corpus.name, columns, corpus.source)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "intents.safetensors"
        classifier.save(file)
        return run.register(name, Path(__file__).with_name("served.py"), file)


def registered(name: str = NAME) -> IntentClassifier | None:
    """The newest classifier of that name, None where there is none.

    Raises TrackingError for a store that cannot be read, ModelUnavailable for a file that is no
    classifier or was trained with another embedder.
    """
    file = tracking.registered(name)
    return None if file is None else IntentClassifier.load(file, embedder())
