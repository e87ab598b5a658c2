"""Pictures: portraits that are drawn from a seed, and pictures of others made safe to show."""

from companion.images.checked import Picture, safe_picture

__all__ = ["Picture", "safe_picture"]
