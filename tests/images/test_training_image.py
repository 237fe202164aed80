"""What the training image does when it starts: docker/train.py, beside the files of the image."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from images.dockerfiles import ROOT, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Image:
    """The training image's folders, and what was asked of DVC where a test stands in for it.

    Attributes:
        train: its program.
        results: the mounted folder.
        fails: the command of DVC that fails.
        calls: the commands of DVC.
        params, config: the parameters and DVC's local configuration at the time of the first.
    """

    train: Any
    results: Path
    fails: str = ""
    calls: list[str] = field(default_factory=list)
    params: str = ""
    config: str = ""

    def dvc(self, workspace: Path, *words: str) -> bool:
        """Stand in for DVC: a training writes a model and its lock."""
        self.calls.append(" ".join(words))
        if words[0] == "pull":
            self.params = (workspace / "params.yaml").read_text()
            self.config = (workspace / ".dvc/config.local").read_text()
        if words[0] == "repro":
            (workspace / "models").mkdir()
            (workspace / "models/digits.safetensors").write_text("a model")
            (workspace / "dvc.lock").write_text("a lock")
        return words[0] != self.fails

    def kept(self) -> list[str]:
        """The files in the mounted folder."""
        return sorted(str(path.relative_to(self.results)) for path in self.results.rglob("*") if path.is_file())


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Image]:
    spec = importlib.util.spec_from_file_location("training_image", ROOT / "docker/train.py")
    assert spec
    assert spec.loader
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    for file in copied("train"):
        (tmp_path / "app" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, tmp_path / "app" / file)
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(train, "APP", tmp_path / "app")
    monkeypatch.setattr(train, "RESULTS", tmp_path / "results")
    before = signal.getsignal(signal.SIGTERM)
    yield Image(train, tmp_path / "results")
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def stand_in(image: Image, monkeypatch: pytest.MonkeyPatch) -> Image:
    """The image with a stand-in for DVC."""
    monkeypatch.delenv("DVC_REMOTE_URL", raising=False)
    monkeypatch.setattr(image.train, "_dvc", image.dvc)
    return image


def test_it_pulls_the_data_trains_and_keeps_the_results(stand_in: Image) -> None:
    assert stand_in.train.main([]) == 0
    assert stand_in.calls == ["pull data.dvc", "repro draw"]
    assert stand_in.kept() == ["dvc.lock", "models/digits.safetensors", "params.yaml"]


def test_parameters_are_changed_and_comments_stay(stand_in: Image) -> None:
    assert stand_in.train.main(["-S", "train.epochs=20", "--set-param", "model.channels=[8, 16]"]) == 0
    assert re.search(r"epochs: 20 +# maximum number of passes", stand_in.params)
    assert re.search(r"channels: \[8, 16\] +#", stand_in.params)
    assert (stand_in.results / "params.yaml").read_text() == stand_in.params


@pytest.mark.parametrize("change", ["train.epoch=20", "epochs=20", "train", "train.epochs=[1", "prepare.salt.x=1"])
def test_a_wrong_change_is_an_error_before_anything_runs(
    stand_in: Image, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stand_in.train.main(["-S", change]) == 2
    assert stand_in.calls == []
    assert f"--set-param {change}" in capsys.readouterr().err


def test_results_that_would_be_lost_are_an_error_before_anything_runs(
    stand_in: Image, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stand_in.train.os, "access", lambda *_: False)
    assert stand_in.train.main([]) == 2
    assert "--user" in capsys.readouterr().err
    stand_in.results.rmdir()
    assert stand_in.train.main([]) == 2
    assert "--volume" in capsys.readouterr().err
    assert stand_in.calls == []


def test_a_stage_that_fails_leaves_the_results_of_those_before(stand_in: Image) -> None:
    stand_in.fails = "repro"
    assert stand_in.train.main(["--push"]) == 1
    assert stand_in.calls == ["pull data.dvc", "repro draw"], "half a pipeline is not pushed"
    assert "models/digits.safetensors" in stand_in.kept()


@pytest.mark.parametrize("fails", ["", "push"])
def test_results_are_kept_before_they_are_pushed(stand_in: Image, fails: str) -> None:
    stand_in.fails = fails
    assert stand_in.train.main(["--push"]) == (1 if fails else 0)
    assert stand_in.calls[-1] == "push"
    assert "models/digits.safetensors" in stand_in.kept()


def test_data_that_cannot_be_pulled_ends_it(stand_in: Image) -> None:
    stand_in.fails = "pull"
    assert stand_in.train.main([]) == 1
    assert stand_in.calls == ["pull data.dvc"]


def test_the_remote_of_the_environment_replaces_the_one_of_the_repository(
    stand_in: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.train.main([])
    assert "no_scm = True" in stand_in.config
    assert "remote" not in stand_in.config
    monkeypatch.setenv("DVC_REMOTE_URL", "s3://team-data/dvc")
    stand_in.train.main([])
    assert "url = s3://team-data/dvc" in stand_in.config
    assert "verify = True" in stand_in.config


@pytest.mark.slow
def test_it_trains_with_the_real_dvc(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image itself is run by `make images`; here, without git and with one epoch."""
    monkeypatch.setenv("DVC_REMOTE_URL", str(ROOT / ".dvc/embedded"))
    assert image.train.main(["-S", "train.epochs=1", "-S", "evaluate.latency_runs=2"]) == 0
    assert 0 < json.loads((image.results / "reports/metrics.json").read_text())["accuracy"] < 1
    assert {"dvc.lock", "models/digits.safetensors", "params.yaml", "reports/sample.png"} <= set(image.kept())
