"""A pull request that asks for the credentials of the job, with real servers that count what reaches them."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from ci_jobs import Job, Said
from hostile.page import Row, Section
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONFIG, LOCAL = ".dvc/config", ".dvc/config.local"
S3 = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "a-secret", "AWS_EC2_METADATA_DISABLED": "true"}
CI = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main"}


class Stranger:
    """A server that refuses everything, and keeps what it was sent to prove who asks."""

    def __init__(self) -> None:
        self.address = ""
        self.requests = 0
        self.proofs = 0

    def said(self) -> str:
        if not self.requests:
            return "nothing reaches the other server"
        return f"requests that reach the other server: {self.requests}, with credentials: {self.proofs}"


@contextmanager
def stranger() -> Iterator[Stranger]:
    found = Stranger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.requests += 1
            found.proofs += "Authorization" in self.headers
            self.send_error(403)

        do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - likewise

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def remote(url: str = "s3://team/dvc", **options: str) -> str:
    lines = "".join(f"    {name} = {value}\n" for name, value in options.items())
    return f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n{lines}"


def change(folder: Path, base: str, head: str, **files: str) -> Job:
    """A job for a pull request that changes DVC's configuration; the metrics are in the remote alone."""
    project = Project(folder / "project").write(CONFIG, base).write(".gitignore", "/m.json\n")
    project.dvc_yaml("metrics: [m.json]").json("m.json", {"accuracy": 0.9}).add("m.json")
    project.commit("base")
    project.branch("change").write(CONFIG, head)
    for path, text in files.items():
        project.write(path, text)
    project.git("add", "--all", "--force", ".dvc")
    project.git("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", ".dvc/cache", ".dvc/tmp")
    project.commit("change")
    shutil.rmtree(project.root / ".dvc/cache")
    (project.root / "m.json").unlink()
    return Job(project, {**CI, **S3, "RUNNER_TEMP": str(folder)})


def ended(said: Said, server: Stranger) -> str:
    """How a command ended, without the server's port."""
    line = said.lines[0].rstrip(".") if said.lines else ""
    return f"exit {said.code}: {line.replace(server.address.removeprefix('http://'), 'HOST')}; {server.said()}"


def noted(job: Job, server: Stranger) -> str:
    """What a report says of the metrics that it could not read."""
    said = job.headway("report")
    problems = json.loads((job.project.root / "reports/headway/report.json").read_text())["problems"]
    head = next(each["what"] for each in problems if each["side"] == "head" and each["path"] == "m.json")
    return f"exit {said.code}; the report says: {head}; {server.said()}"


def another_server(play: Callable[[Job, Stranger], str], folder: Path) -> str:
    with stranger() as server:
        return play(change(folder, remote(), remote(endpointurl=server.address)), server)


def command(*arguments: str) -> Callable[[Job, Stranger], str]:
    return lambda job, server: ended(job.headway(*arguments), server)


def named_bucket(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, "", remote(endpointurl=server.address)).given(DVC_REMOTE_URL="s3://team/dvc")
        return ended(job.ci("run", "--", "true"), server)


def password(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, remote("https://data.example/dvc"), remote(f"{server.address}/dvc"))
        job.project.write(LOCAL, "['remote \"store\"']\n    auth = basic\n    user = ci\n    password = sesame\n")
        return ended(job.headway("verify", "--remote"), server)


def tracked_local(folder: Path) -> str:
    with stranger() as server:
        local = f"['remote \"store\"']\n    endpointurl = {server.address}\n"
        return noted(change(folder, remote(), remote(), **{LOCAL: local}), server)


def changed_file(folder: Path) -> str:
    with stranger() as server:
        config = remote(configpath="aws")
        aws = f"[default]\nservices = x\n[services x]\ns3 =\n  endpoint_url = {server.address}\n"
        return noted(change(folder, config, config, **{".dvc/aws": aws}), server)


def foreign_import(folder: Path) -> str:
    with stranger() as server:
        source = Project(folder / "source").write(CONFIG, remote(endpointurl=server.address))
        source.write("d.json", '{"accuracy": 1}').add("d.json").commit("data")
        shutil.rmtree(source.root / ".dvc/cache")
        sha = source.git("rev-parse", "HEAD")
        recorded = (source.root / "d.json.dvc").read_text().replace("d.json", "m.json")
        entry = f"deps:\n- path: d.json\n  repo:\n    url: {source.root}\n    rev_lock: {sha}\n"
        job = change(folder, remote(), remote(), **{"m.json.dvc": f"frozen: true\n{entry}{recorded}"})
        return noted(job, server).replace(str(source.root), "SOURCE")


def no_base(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, remote(), remote(endpointurl=server.address))
        job.project.git("branch", "--quiet", "--delete", "--force", "main")
        return ended(job.ci("setup"), server)


def same_server(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, remote(endpointurl=server.address), remote(endpointurl=server.address, jobs="2"))
        said = ended(job.ci("setup"), server)
        return said.replace("the other", "the base's")


def token(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, remote(), remote()).given(DVC_REMOTE_URL=f"{server.address}/dvc?sig=sesame")
        said = job.ci("setup")
        kept = (job.project.root / LOCAL).exists() or "sesame" in said.out + said.err
        return f"{ended(said, server)}; the token is {'kept' if kept else 'neither printed nor written'}"


def unknown_default(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, "", "[core]\n    remote = elsewhere\n")
        return ended(job.ci("setup"), server).removesuffix(f"; {server.said()}")


def closed_port(folder: Path) -> str:
    with stranger() as server:
        job = change(folder, "", "").given(DVC_REMOTE_URL=f"{server.address}/dvc")
    return ended(job.ci("setup"), server).removesuffix(f"; {server.said()}")


SECTION = Section(
    "Credentials",
    (
        Row(
            "a pull request changes `endpointurl` to another server, and `headway report` runs",
            partial(another_server, noted),
            slow=True,
        ),
        Row("the same, `headway verify --remote`", partial(another_server, command("verify", "--remote"))),
        Row("the same, `headway ci setup`", partial(another_server, command("ci", "setup"))),
        Row("`DVC_REMOTE_URL` names a bucket, and the pull request configures another server for it", named_bucket),
        Row("a password in `.dvc/config.local`, and the pull request changes the host", password),
        Row("a pull request commits `.dvc/config.local` with another server", tracked_local),
        Row("a pull request changes the file that `configpath` names", changed_file),
        Row(
            "a pull request imports data from a repository whose remote is on another server", foreign_import, slow=True
        ),
        Row("the base branch cannot be read", no_base),
        Row("the base has the same `endpointurl`", same_server),
        Row("`DVC_REMOTE_URL` contains a token", token),
        Row("the default remote is not configured on this machine", unknown_default),
        Row("an HTTP server that is not running", closed_port),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried)
def test_the_page_says_what_happens(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
