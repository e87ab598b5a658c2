"""The models in `configs/models.yaml` from outside: which are there, fetching one, timing one."""

from companion.models.bench import bench
from companion.models.cli import main
from companion.models.fetching import fetch
from companion.models.listing import Listed, listed

__all__ = ["Listed", "bench", "fetch", "listed", "main"]
