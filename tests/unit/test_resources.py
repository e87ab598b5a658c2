"""Where files are found, and choices that say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion import resources
from companion.errors import ConfigError


def test_the_project_writes_where_companion_home_says(own_place: Path) -> None:
    assert resources.project_root() == own_place


def test_without_it_a_checkout_writes_into_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMPANION_HOME")
    assert resources.project_root() == resources.CHECKOUT
    assert (resources.CHECKOUT / "pyproject.toml").is_file()


def test_an_installed_wheel_writes_into_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COMPANION_HOME")
    monkeypatch.setattr(resources, "CHECKOUT", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)
    assert resources.project_root() == tmp_path


def test_a_packaged_file_that_is_gone_is_named() -> None:
    with pytest.raises(ConfigError, match=r"missing.*no-such-file.*Install the package again"):
        resources.packaged("data/no-such-file")


def test_the_device_comes_with_its_reason_and_its_memory() -> None:
    device = resources.choose_device()
    assert device.kind in ("cpu", "cuda", "mps")
    assert device.reason.endswith(".")
    assert 0 < device.memory_bytes < 2**45


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), "float16"), ((8, 6), "bfloat16")])
def test_a_gpu_gets_bfloat16_only_where_it_has_it(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: str
) -> None:
    """No GPU runs here, so what torch would tell of one is given."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (15 * 2**30, 16 * 2**30))
    device = resources.choose_device()
    assert (device.kind, device.dtype) == ("cuda", dtype)
    assert device.memory_bytes == 15 * 2**30
    assert "Some GPU" in device.reason


def test_the_machine_is_described_without_its_paths_or_name() -> None:
    import platform

    assert "cores" in resources.machine()
    assert platform.node() not in resources.machine()
