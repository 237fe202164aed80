"""DVC's own push and pull through ``headway ci`` against a real S3 server, and what befalls data on the way."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from ci_jobs import Job, s3_job
from repos import Project
from storages import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {f"f{number}": os.urandom(300_000) for number in range(8)}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def objects(folder: Path) -> dict[str, bytes]:
    """What a cache or a remote holds, by the hash that its place says; files that are still being written are none."""
    found = (folder / "files/md5").glob("??/" + "[0-9a-f]" * 30)
    return {path.parent.name + path.name: path.read_bytes() for path in found}


def cache(project: Project) -> Path:
    return project.root / ".dvc/cache"


@pytest.fixture(scope="session")
def stored(buckets: list[Path], s3: str, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job in whose bucket every file of the project is, by DVC's own push; made once."""
    bucket = buckets.pop()
    project = Project(tmp_path_factory.mktemp("stored") / "project")
    for name, content in FILES.items():
        project.write(name, content)
    project.add(*FILES).commit("data")
    job = s3_job(project, s3, bucket.name, project.root.parent)
    said = job.ci("run", "--", "dvc", "push")
    assert said.code == 0, said.err
    assert objects(bucket / "dvc") == {md5(content): content for content in FILES.values()}
    return job


@pytest.fixture
def pushed(stored: Job, bucket: Path) -> Job:
    """The same with a bucket of its own."""
    original = bucket.parent / stored.variables["DVC_REMOTE_URL"].split("/")[2]
    shutil.copytree(original, bucket, dirs_exist_ok=True)
    return stored.given(DVC_REMOTE_URL=f"s3://{bucket.name}/dvc")


def elsewhere(job: Job, path: Path) -> Job:
    """The same job in a fresh clone, which has no data."""
    return job.of(job.project.clone(path))


def test_the_right_key_pulls_and_leaves_nothing(pushed: Job, tmp_path: Path) -> None:
    clone = elsewhere(pushed, tmp_path / "clone")
    said = clone.run("headway", "ci", "run", "--", "dvc", "pull")
    assert said.code == 0, said.err
    assert {name: (clone.project.root / name).read_bytes() for name in FILES} == FILES
    assert not (clone.project.root / ".dvc/config.local").exists()
    assert clone.project.git("status", "--porcelain", "--untracked-files=all") == ""
    assert KEY not in said.out + said.err


def test_a_wrong_key_ends_before_dvc_starts_and_dvc_itself_gets_nothing(pushed: Job, tmp_path: Path) -> None:
    clone = elsewhere(pushed, tmp_path / "clone").given(AWS_SECRET_ACCESS_KEY=KEY[::-1])
    said = clone.ci("run", "--", "sh", "-c", "touch started")
    assert said.code == 3
    assert "rejects the secret in AWS_SECRET_ACCESS_KEY" in said.err
    assert not (clone.project.root / "started").exists()
    assert clone.ci("run", "--no-check", "--", "dvc", "pull").code not in {0, 3}
    assert objects(cache(clone.project)) == {}


@pytest.mark.slow
def test_an_interrupted_pull_goes_on_where_it_was(pushed: Job, tmp_path: Path) -> None:
    clone = elsewhere(pushed, tmp_path / "clone")
    # Two jobs ask for a fourth file when two files are in the cache, and a million bytes are more than three files.
    with failing_after(1_000_000, pushed.variables["AWS_ENDPOINT_URL"]) as (address, silent, healed):
        slow = clone.given(AWS_ENDPOINT_URL=address)
        assert slow.ci("setup").code == 0
        pull = slow.start("dvc", "pull", "--jobs", "2")
        assert silent.wait(60)
        pull.send_signal(signal.SIGKILL)
        pull.communicate()
        before = objects(cache(clone.project))
        assert 0 < len(before) < len(FILES)
        assert all(md5(content) == name for name, content in before.items())
        healed.set()
        said = slow.run("dvc", "pull", "--jobs", "2")
        assert said.code == 0, said.err
    assert {name: (clone.project.root / name).read_bytes() for name in FILES} == FILES


@pytest.mark.slow
def test_a_damaged_object_is_named_and_not_taken(pushed: Job, bucket: Path, tmp_path: Path) -> None:
    rotten = md5(FILES["f3"])
    (bucket / "dvc/files/md5" / rotten[:2] / rotten[2:]).write_bytes(b"x" * len(FILES["f3"]))
    clone = elsewhere(pushed, tmp_path / "clone")
    said = clone.run("headway", "ci", "run", "--no-check", "--", "dvc", "pull")
    assert said.code != 0
    assert "f3" in said.err
    assert not (clone.project.root / "f3").exists()
    assert rotten not in objects(cache(clone.project))


@pytest.mark.slow
def test_two_pulls_into_one_cache_disturb_nobody(pushed: Job, tmp_path: Path) -> None:
    clones = [elsewhere(pushed, tmp_path / name) for name in ("one", "two")]
    for clone in clones:
        clone.project.write(".dvc/config.local", f"[cache]\n    dir = {tmp_path / 'shared'}\n")
        assert clone.ci("setup", "--no-check").code == 0
    pulls = [clone.start("dvc", "pull") for clone in clones]
    ends = [(pull.communicate(timeout=60), pull.returncode) for pull in pulls]
    assert [code for _, code in ends] == [0, 0], ends
    for clone in clones:
        assert {name: (clone.project.root / name).read_bytes() for name in FILES} == FILES
    assert objects(tmp_path / "shared") == {md5(content): content for content in FILES.values()}


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(other, marks=pytest.mark.slow) for other in (signal.SIGINT, signal.SIGHUP))],
)
def test_a_signal_reaches_the_command_and_nothing_stays(job: Job, number: signal.Signals) -> None:
    told = "trap 'echo told; exit 9' TERM INT HUP; echo ready; while :; do sleep 0.05; done"
    process = job.start("headway", "ci", "run", "--no-check", "--", "sh", "-c", told)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert (job.project.root / ".dvc/config.local").exists()
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("told\n", 9)
    assert not (job.project.root / ".dvc/config.local").exists()


def test_what_a_killed_run_leaves_is_found_by_the_cleanup(project: Project, tmp_path: Path) -> None:
    account = '{"type": "service_account", "private_key": "x"}'
    job = Job(project, {"GOOGLE_APPLICATION_CREDENTIALS": account, "RUNNER_TEMP": str(tmp_path / "temp")})
    process = job.start(
        "headway", "ci", "run", "--no-check", "--url", "gs://team/x", "--", "sh", "-c", "echo $$; exec sleep 20"
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    os.kill(child, signal.SIGKILL)
    process.communicate()
    assert len(list((tmp_path / "temp").rglob("google.json"))) == 1
    assert job.ci("cleanup").out == "The credentials were removed.\n"
    assert list((tmp_path / "temp").iterdir()) == []
    assert "credentialpath" not in (project.root / ".dvc/config.local").read_text()


@contextmanager
def failing_after(limit: int, address: str) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A way to a server that falls silent after so many bytes of answers, which it says by an event, until another."""
    left, silent, healed = [limit], threading.Event(), threading.Event()
    host, _, port = address.removeprefix("http://").partition(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, target: socket.socket, *, counted: bool) -> None:
        with source, target:
            while data := _received(source):
                left[0] -= len(data) if counted else 0
                if left[0] < 0:
                    silent.set()
                    healed.wait()
                try:
                    target.sendall(data)
                except OSError:
                    return

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((host, int(port)))
            for source, target, counted in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=pass_on, args=(source, target), kwargs={"counted": counted}, daemon=True
                ).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", silent, healed
    finally:
        healed.set()
        listener.close()


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
