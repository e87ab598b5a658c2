"""What does the user want? A text becomes one of the known intents, or none of them."""

from companion.intents.classifier import IntentClassifier, Prediction
from companion.intents.data import Corpus, Examples, banking77, clinc150
from companion.intents.scoring import Measures, measure, rejection_threshold

__all__ = [
    "Corpus",
    "Examples",
    "IntentClassifier",
    "Measures",
    "Prediction",
    "banking77",
    "clinc150",
    "measure",
    "rejection_threshold",
]
