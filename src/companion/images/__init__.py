"""Pictures: portraits that are drawn from a seed, and pictures of others made safe to show."""

from companion.images.checked import Picture, safe_picture
from companion.images.portrait import portrait

__all__ = ["Picture", "portrait", "safe_picture"]
