"""Operations that must be fast or must time out soon: the seconds that each takes, beside its limit.

The test suite checks the results of these operations but not their duration, because a busy machine is not an error.
This benchmark does not fail either: look at figures above their limits.

Example:
    python benchmarks/limits.py
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import polars as pl
import pytest
from ci_jobs import google_job, s3_job
from cryptography.hazmat.primitives.asymmetric import rsa
from draw.plots import draw, plot
from events.event_writers import write_run
from fakes import FakeGitHub, faults
from image_forges import png
from publish.forge_places import PULL_REQUEST, github_forge, make_options
from registry.test_readers import tag_all
from repos import CI_VARIABLES, Project, isolated_environment
from samples import make_report
from storages import google_storage, s3_server

from headway.errors import ForgeError
from headway.gather import Repository
from headway.gather.read.plot_tables import open_columns
from headway.publish.documents.watching import ParentOrSignal
from headway.publish.fork.limits import decode_report
from headway.publish.images.bucket import BucketImages
from headway.report import codec, markdown
from headway.values.report import Include

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ci_jobs import Job


ROWS = 1_000_000
METRICS = 100_000
SCALARS = 20_000
TAGS = 5_000
REFUSED = 3
"""The exit code if git, DVC or a remote refuses."""
HOSTILE_TEXTS = ("x\n" * 100_000, "x\r" * 100_000, "x\u2028" * 100_000, "y" * 10_000_000)
REFUSED_KEYS: tuple[Mapping[str, str], ...] = (
    {"AWS_SECRET_ACCESS_KEY": "wrong-in-every-letter"},
    {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    {"AWS_ENDPOINT_URL": "http://no-such-host.invalid"},
)


def main() -> None:
    """Measure each operation and print a table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print("| operation | seconds | limit |\n|---|---:|---:|")
    for what, limit, measure in MEASUREMENTS:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            _isolate(patch, Path(folder) / "home")
            print(f"| {what} | {measure(Path(folder)):.2f} | {limit:g} |", flush=True)


def _isolate(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Hide the machine's git and DVC configuration, as in the tests."""
    for name, value in isolated_environment(home).items():
        patch.setenv(name, value)
    for name in CI_VARIABLES:
        patch.delenv(name, raising=False)


def columns(_: Path) -> float:
    """Read two of three columns of a CSV file. The exact reader for unusual files takes about 30 times as long."""
    content = "epoch,loss,acc\n" + "\n".join(f"{row},{row * 0.5},{row}" for row in range(ROWS))
    data = content.encode()
    return seconds(lambda: open_columns("a.csv", data, header=True).select(("epoch", "loss")))


def snapshot(folder: Path) -> float:
    """Take a snapshot of a project with one large metrics file."""
    project = Project(folder / "project").json("m.json", {f"k{number}": {"v": number} for number in range(METRICS)})
    project.dvc_yaml({"metrics": ["m.json"]}).commit()
    with Repository.open(project.root) as repository:
        head = repository.open_revision(repository.resolve_head(None), "head")
        return seconds(head.snapshot)


def event_files(folder: Path) -> float:
    """Report on event files with as many scalars on each side, in a process of its own."""
    project = Project(folder / "project").write(".gitignore", "/logs\n")
    project.dvc_yaml({"stages": {"train": {"cmd": "true", "outs": ["logs"]}}})
    for side in range(2):
        shutil.rmtree(project.root / "logs", ignore_errors=True)
        for run in ("train", "validation"):
            values = [1 / (1 + step / (200 - 50 * side)) + step * 7919 % 97 / 4000 for step in range(SCALARS // 8)]
            write_run(project.root / "logs" / run, dict.fromkeys(("acc", "grad", "loss", "lr"), values))
        project.recorded().commit()
    return seconds(partial(project.run, sys.executable, "-m", "headway", "report", "HEAD~1", "HEAD"))


def reduction(_: Path) -> float:
    """Reduce a curve with as many points, given as text, to a few points per pixel column."""
    steps = pl.int_range(ROWS, eager=True)
    frame = pl.DataFrame({"step": steps.cast(pl.String), "loss": ((steps * 7919) % 1000).cast(pl.String)})
    return seconds(lambda: draw(plot(frame, "loss", x="step"), plot(frame, "loss", x="step")))


def hostile_report(_: Path) -> float:
    """Truncate, compare and render a fork's report with a section that is long on both sides; the slowest case."""
    sections = [
        Include(path="long.txt", title="Long", form=form, base=text, head=text[::-1] + "z")
        for text in HOSTILE_TEXTS
        for form in ("text", "markdown")
    ]
    reports = [codec.encode(make_report(includes=(section,))) for section in sections]
    return max(seconds(partial(_read_and_render, report)) for report in reports)


def stages(folder: Path) -> float:
    """Show what is where in a registry of many tags, in a process of its own."""
    project = Project(folder / "registry")
    commits = [project.commit(f"commit {number}") for number in range(TAGS // 1000)]
    tags = [(f"m{model}@v1.{place}.0", commit, place) for model in range(20) for place, commit in enumerate(commits)]
    for number in range(TAGS - len(tags)):
        model, counter = number % 20, number // 20 + 1
        stage = ("staging", "production")[counter % 2]
        tags.append((f"m{model}#{stage}#{counter}", commits[counter % len(commits)], TAGS + counter))
    tag_all(project, tags)
    return seconds(partial(project.run, sys.executable, "-m", "headway", "stages"))


def endless_answer(_: Path) -> float:
    """Give up an endless slow response of a forge after its limit of 0.6 seconds."""
    with FakeGitHub(pull_requests=[PULL_REQUEST]) as github:
        github.fail("GET", "*/pulls/7", faults.slow_body(5.0), times=-1)
        forge = github_forge(github, make_options(now=time.time, response_timeout=0.6, attempts=1))
        return seconds(partial(_fails, forge.pull_request, 7))


def refusing_bucket(folder: Path) -> float:
    """Use a Google bucket that refuses the key; without a limit, gcsfs retries for half a minute."""
    with google_storage() as google, pytest.MonkeyPatch.context() as patch:
        (folder / "account.json").write_text(google.account(_another_key()))
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "account.json"))
        patch.setenv("STORAGE_EMULATOR_HOST", google.address)
        bucket = BucketImages("gs://team/pictures", "https://cdn.example.org", make_options(attempts=1))
        return seconds(partial(_fails, bucket.put, {"charts/loss.png": png()}))


def stopped_watcher(_: Path) -> float:
    """Stop a watcher that would wait for another half minute."""
    end = ParentOrSignal()
    with end.on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        return seconds(partial(end.wait, 30))


def ci_setup_s3(folder: Path) -> float:
    """Run ``headway ci setup`` for S3 with a wrong key, without a key and without a server; the slowest."""
    with s3_server(_bucket(folder)) as address:
        job = s3_job(_committed(folder), address, "team", folder)
        return max(seconds(partial(_refused, job.given(**wrong))) for wrong in REFUSED_KEYS)


def ci_setup_google(folder: Path) -> float:
    """Run ``headway ci setup`` with a service account that Google's storage does not know."""
    with google_storage() as google:
        job = google_job(_committed(folder), google, folder)
        account = google.account(_another_key())
        return seconds(partial(_refused, job.given(GOOGLE_APPLICATION_CREDENTIALS=account)))


def report_s3(folder: Path) -> float:
    """Run ``headway diff`` in a clone whose metrics are in a remote that refuses access; the slowest, as above."""
    project = _committed(folder).write(".dvc/config", CONFIGURATION)
    for value in (1, 2):
        project.json("m.json", {"a": value})
        project.dvc_yaml({"stages": {"s": {"cmd": "true", "metrics": ["m.json"]}}}).recorded().commit()
    clone = project.clone(folder / "clone")
    with s3_server(_bucket(folder)) as address:
        job = s3_job(clone, address, "team", folder)
        diff = ("diff", "HEAD~1", "--json")
        return max(seconds(partial(job.given(**wrong).headway, *diff)) for wrong in REFUSED_KEYS)


CONFIGURATION = "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://team/dvc\n"
MEASUREMENTS: tuple[tuple[str, float, Callable[[Path], float]], ...] = (
    (f"gather: two columns of {ROWS:,} rows of CSV", 1.5, columns),
    (f"gather: a snapshot with {METRICS:,} metrics", 3, snapshot),
    (f"draw: a curve of {ROWS:,} points reduced", 5, reduction),
    (f"draw: headway report with event files of {SCALARS:,} scalars a side", 3, event_files),
    ("fork: a hostile report read and rendered", 5, hostile_report),
    (f"registry: headway stages with {TAGS:,} tags", 1, stages),
    ("publish: an endless answer given up", 3, endless_answer),
    ("publish: a bucket that refuses given up", 8, refusing_bucket),
    ("publish: a watcher stopped", 5, stopped_watcher),
    ("remotes: ci setup refused by S3", 8, ci_setup_s3),
    ("remotes: ci setup refused by Google", 8, ci_setup_google),
    ("remotes: a report whose remote refuses", 10, report_s3),
)


def seconds(work: Callable[[], object]) -> float:
    """The seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _committed(folder: Path) -> Project:
    project = Project(folder / "project")
    project.commit("nothing yet")
    return project


def _bucket(folder: Path) -> Path:
    """A folder for the S3 server, with one bucket in it."""
    (folder / "served" / "team").mkdir(parents=True)
    return folder / "served"


def _another_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _read_and_render(report: bytes) -> None:
    markdown.render(decode_report(report))


def _fails(work: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(ForgeError):
        work(*arguments)


def _refused(job: Job) -> None:
    said = job.ci("setup")
    if said.code != REFUSED:
        raise RuntimeError(said.err)


if __name__ == "__main__":
    main()
