"""The check of an image finds what it is there to find, and both engines run an image as it says."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import check_image
import pytest
from container_engine import Docker, Launch
from images.dockerfiles import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = {"/app/dvc.yaml": hashlib.md5((ROOT / "dvc.yaml").read_bytes(), usedforsecurity=False).hexdigest()}
MODEL = check_image.locked("models/digits.safetensors")
DOCKER = """\
#!/usr/bin/env bash
echo "$*" >> "$(dirname "$0")/calls"
test "$1 $FAILS" != "info info"
"""
PYTHON = '#!/usr/bin/env bash\necho "python3 $*" >> "$(dirname "$0")/calls"\n'


@dataclass
class FakeEngine:
    """An engine with one image, of which the files and the configuration are given."""

    files: dict[str, str] = field(default_factory=lambda: dict(OWN))
    user: str = "10001:10001"
    variables: tuple[str, ...] = ("PATH=/opt/venv/bin", "GPG_KEY=of the base image")

    def configuration(self, _: str) -> dict[str, Any]:
        return {"User": self.user, "Env": list(self.variables)}

    @contextmanager
    def start(self, launch: Launch) -> Iterator[Any]:
        assert launch.user == "0:0", "others cannot read all folders"
        yield SimpleNamespace(process=SimpleNamespace(communicate=lambda: (json.dumps(self.files), None), returncode=0))


def test_an_image_as_it_should_be_passes() -> None:
    check_image.check_contents(FakeEngine(), "image")


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        (FakeEngine(user="root"), "user"),
        (FakeEngine(user=""), "user"),
        (FakeEngine(user="0:0"), "user"),
        (FakeEngine(variables=("AWS_SECRET_ACCESS_KEY=sesame",)), "AWS_SECRET_ACCESS_KEY"),
        (FakeEngine(files=OWN | {"/opt/weights": MODEL}), "/opt/weights"),
        (FakeEngine(files=OWN | {"/app/.dvc/config.local": ""}), r"config\.local"),
        (FakeEngine(files=OWN | {"/tmp/.aws/credentials": ""}), "credentials"),  # noqa: S108 - of an image
        (FakeEngine(files=OWN | {"/app/notes.txt": "0" * 32}), r"notes\.txt"),
        (FakeEngine(files={}), "no file of this repository"),
    ],
    ids=["root", "no user", "user 0", "a secret variable", "a model", "a local file", "keys", "untracked", "empty"],
)
def test_what_must_not_be_in_an_image_is_found(engine: FakeEngine, found: str) -> None:
    with pytest.raises(check_image.CheckError, match=found):
        check_image.check_contents(engine, "image")


def test_the_inventory_names_the_data_that_lies_anywhere(tmp_path: Path) -> None:
    stored = check_image.stored(MODEL)
    shutil.copy(stored, tmp_path / "hidden")
    script = check_image.INVENTORY.replace('os.walk("/")', f"os.walk({str(tmp_path)!r})")
    listed = subprocess.check_output(["python", "-c", script, str(stored.stat().st_size)], text=True)
    assert json.loads(listed) == {str(tmp_path / "hidden"): MODEL}


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with stand-ins that write down their calls."""
    for name, text in (("docker", DOCKER), ("python3", PYTHON)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    for name in ("bash", "dirname", "env", "id", "mktemp", "rm"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def test_a_container_of_docker_can_write_nothing_and_has_no_capabilities(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    mounts = {"/remote": tools / "remote", "/results": tools / "results"}
    launch = Launch(
        image="digits-train",
        arguments=["--push"],
        user="12345:12345",
        mounts=mounts,
        writable=frozenset({"/results"}),
        environ={"DVC_REMOTE_URL": "/remote"},
    )
    with Docker().start(launch) as container:
        container.process.wait()
    run, removed = (tools / "calls").read_text().splitlines()
    for option in ("--read-only", "--cap-drop=ALL", "--user=12345:12345", "--env=DVC_REMOTE_URL=/remote"):
        assert f" {option} " in run
    assert f"--volume={tools}/remote:/remote:ro --volume={tools}/results:/results:rw" in run
    assert run.endswith(" digits-train --push")
    assert removed.startswith("rm --force check-")


def build(tools: Path, *names: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/build-images with the stand-ins alone."""
    (tools / "ca.crt").touch()
    given = {"PATH": str(tools), "HOME": str(tools), "PIP_CERT": str(tools / "ca.crt"), **environ}
    command = ["bash", str(ROOT / "scripts/build-images"), *names]
    return subprocess.run(command, env=given, check=False, capture_output=True, text=True)


def test_both_images_are_built_and_checked_by_default(tools: Path) -> None:
    done = build(tools, FAILS="")
    assert done.returncode == 0, done.stderr
    _, *calls = (tools / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["build", "python3", "build", "python3"]
    for place, kind in ((0, "train"), (2, "predict")):
        assert calls[place].endswith(f"--file docker/{kind}.Dockerfile --tag digits-{kind} .")
        assert f"--secret id=ca.crt,src={tools}/ca.crt" in calls[place]
        assert calls[place + 1] == f"python3 scripts/check_image.py {kind} --engine docker"


def test_a_machine_without_an_engine_is_told_what_to_install(tools: Path) -> None:
    done = build(tools, "train", FAILS="info")
    assert done.returncode == 2
    assert "apt-get install buildah debootstrap" in done.stderr
