"""How MLflow loads and asks a registered classifier: it keeps a copy of this file and runs it.

mlflow.pyfunc.load_model("models:/intents/latest").predict(["wake me at six"])
"""

from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from companion.intents import IntentClassifier, embedder


class ServedIntents(PythonModel):
    """Texts in; for each its intent and the confidence, or nothing where it is out of scope."""

    def load_context(self, context: Any) -> None:
        """Read the file that was registered."""
        self.classifier = IntentClassifier.load(Path(context.artifacts["file"]), embedder())

    def predict(
        self, context: Any, model_input: list[str], params: Any = None
    ) -> list[dict[str, float]]:
        """`{"alarm": 0.97}` or `{}` for each text, in the same order."""
        found = self.classifier.predict_all(model_input)
        return [{intent: confidence} if intent else {} for intent, confidence in found]


set_model(ServedIntents())
