"""Where files are found, and choices that say why."""

from __future__ import annotations

import os
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


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """No GPU runs here, so what torch would tell of two is given; what it is told is kept."""
    import torch

    told: dict[str, object] = {"capability": (8, 6)}
    memory = [(15 * 2**30, 16 * 2**30), (23 * 2**30, 24 * 2**30)]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: told["capability"])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: memory[index])
    monkeypatch.setattr(
        torch.cuda,
        "set_per_process_memory_fraction",
        lambda fraction, index: told.update(fraction=fraction, index=index),
    )
    return told


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), "float16"), ((8, 6), "bfloat16")])
def test_a_gpu_gets_bfloat16_only_where_it_has_it(
    two_gpus: dict[str, object], capability: tuple[int, int], dtype: str
) -> None:
    two_gpus["capability"] = capability
    device = resources.choose_device()
    assert (device.kind, device.dtype, device.name) == ("cuda", dtype, "cuda:0")
    assert device.memory_bytes == 15 * 2**30
    assert "GPU 0" in device.reason


@pytest.mark.parametrize(
    ("capability", "built_for", "dtype"),
    [
        ((6, 0), ["sm_75", "sm_80", "sm_90", "compute_120"], None),  # a P100, since CUDA 12.8
        ((6, 0), ["sm_50", "sm_60", "sm_70"], "float16"),
        ((6, 1), ["sm_60"], "float16"),  # the same generation, a later step
        ((6, 0), ["sm_61"], None),
        ((7, 5), ["sm_75", "sm_80"], "float16"),
        ((8, 9), ["sm_75", "sm_86"], "bfloat16"),
        ((12, 0), ["sm_90a", "compute_90"], "bfloat16"),  # PTX is translated for what came later
        ((6, 0), [], "float16"),  # a torch that does not tell
    ],
)
def test_a_gpu_for_which_torch_was_not_built_suits_nothing(
    capability: tuple[int, int], built_for: list[str], dtype: str | None
) -> None:
    chosen, why = resources.suits("GPU", capability, built_for)
    assert chosen == dtype
    assert ("not built" in why) == (dtype is None)


def test_a_gpu_that_torch_has_no_code_for_leaves_the_work_to_the_processor(
    two_gpus: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    two_gpus["capability"] = (6, 0)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80"])
    device = resources.choose_device()
    assert (device.kind, device.dtype, device.name) == ("cpu", "float32", "cpu")
    assert "capability 6.0, for which this torch was not built" in device.reason


def test_another_gpu_is_taken_as_far_as_it_may_be(
    two_gpus: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    device = resources.choose_device(gpu=1, visible="1", memory_fraction=0.5)
    assert (device.name, device.memory_bytes) == ("cuda:1", 12 * 2**30)
    assert (two_gpus["fraction"], two_gpus["index"]) == (0.5, 1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"  # whoever starts us knows better
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    resources.choose_device(visible="1")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")


def test_a_gpu_that_is_not_there_is_named(two_gpus: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"no GPU 2: 2 can be seen.*hardware.gpu"):
        resources.choose_device(gpu=2)


def test_the_machine_is_described_without_its_paths_or_name() -> None:
    import platform

    assert "cores" in resources.machine()
    assert platform.node() not in resources.machine()
