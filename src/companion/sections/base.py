"""What every section is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from companion.errors import keep_secret


class Section(BaseModel):
    """A part of the tree: unknown keys are errors, and nothing changes after loading.

    What reads it is built when the first file is read, so that importing stays cheap: a default
    that is a section is given by `default_factory`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def model_post_init(self, context: Any) -> None:
        """Where a section names the variable of a key, no error tells what that holds."""
        if variable := getattr(self, "key_env", None):
            keep_secret(variable)
