"""Faults during a run: what breaks between two steps costs its own part, or ends with one line."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab
from held import held
from hostile.page import Row, Section
from publish.forge_places import (
    PULL_REQUEST,
    FakeClock,
    bitbucket_forge,
    github_forge,
    gitlab_forge,
    make_marker,
    make_options,
)
from repos import Project, files_of

from headway.__main__ import run
from headway.draw import jobs
from headway.draw.jobs import VegaJob
from headway.publish.comment import marker as markers
from headway.publish.comment.sticky import upsert
from headway.publish.forges.forge import PullRequestTarget
from headway.report import codec
from headway.report.markdown import NO_IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headway.values.report import Report

TARGET = PullRequestTarget(number=7)
FORGES: tuple[tuple[str, Any, Any], ...] = (
    ("GitHub", lambda: FakeGitHub(pull_requests=[PULL_REQUEST]), github_forge),
    ("GitLab", lambda: FakeGitLab(merge_requests=[PULL_REQUEST]), gitlab_forge),
    ("Bitbucket", lambda: FakeBitbucket(pull_requests=[PULL_REQUEST]), bitbucket_forge),
)


def pull_request(folder: Path) -> Project:
    """Two commits: a metric and a plot in the cache, and a folder of data."""
    made, place = folder.parent / "faults", folder / "project"
    if not made.exists():
        _make(Project(made))
    shutil.copytree(made, place)
    return Project(place, git=False)


def _make(project: Project) -> None:
    ignored = "/m.json\n/p.csv\n/data\n/reports/headway/\n"
    stage = {"cmd": "true", "metrics": ["m.json"], "plots": [{"p.csv": {"x": "a", "y": "b"}}], "outs": ["data"]}
    again = [{"again": {"x": {"p.csv": "b"}, "y": {"p.csv": "a"}}}]
    for number in (1, 2):
        project.json("m.json", {"acc": number}).write("p.csv", f"a,b\n1,{number}\n2,3\n").write("data/x", str(number))
        project.write(".gitignore", ignored).dvc_yaml({"stages": {"train": stage}, "plots": again}).recorded().commit()


def headway(project: Project, *args: str) -> tuple[str, str]:
    """The exit code with the first line on standard error, and the remedy, of a command in this process."""
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()), chdir(project.root):
        code = run(args)
    lines = said.getvalue().splitlines()
    first = lines[0].replace(f"{project.root}/", "").replace(f"{project.root.parent}/", "") if lines else ""
    return f"exit {code}{first and ': '}{first}", lines[-1] if lines else ""


def notes(project: Project, *args: str) -> str:
    """How a report ends, and what its notes say."""
    end, _ = headway(project, "report", *args)
    if not end.startswith("exit 0"):
        return end
    said = sorted({f"{note.path}: {note.what}" for note in _report(project).problems})
    return f"{end}; the notes say: {'; '.join(said) or 'nothing'}"


def mended(project: Project, *args: str) -> str:
    """How a command ends, and how it does after its remedy was pasted into a shell."""
    end, remedy = headway(project, *args)
    subprocess.run(remedy, shell=True, cwd=project.root, check=True, capture_output=True)  # noqa: S602 - as a reader would
    return f"{end} After the remedy: {headway(project, *args)[0]}"


def renderer_killed(folder: Path) -> str:
    """SIGKILL to the process that draws, as soon as it has its first and its second program."""
    project, write, left = pull_request(folder), jobs.write, [2]

    def kill_then_write(stream: Any, order: Any) -> None:
        write(stream, order)
        if isinstance(order.job, VegaJob) and left[0]:
            left[0] -= 1
            for child in psutil.Process().children():
                with suppress(psutil.NoSuchProcess):  # the process for tables, which has just ended
                    if command_line(child)[-1:] == ["programs"]:
                        child.kill()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "write", kill_then_write)
        end, _ = headway(project, "report", "HEAD~1")
    drawn = [chart.image is not None and chart.image_dark is not None for chart in _report(project).charts]
    text = (project.root / "reports/headway/report.md").read_text(encoding="utf-8")
    missing = text.count(NO_IMAGE)
    return f"{end}; {sum(drawn)} of {len(drawn)} charts drawn, {missing} shown as text"


def command_line(child: psutil.Process) -> list[str]:
    """The words of a process, which has none in its first moment, nor when it has ended."""
    while not (words := child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
        pass
    return words


def _report(project: Project) -> Report:
    return codec.decode((project.root / "reports/headway/report.json").read_bytes())


def objects(project: Project, ending: str = "") -> Iterator[Path]:
    for path in (project.root / ".dvc/cache/files/md5").rglob(f"*{ending}"):
        if path.is_file():
            path.chmod(0o644)
            yield path


def bit_flipped(folder: Path) -> str:
    """Each object of the cache has one bit that is another, so that a number is still a number."""
    project = pull_request(folder)
    for path in objects(project):
        path.write_bytes(path.read_bytes().replace(b"1", b"3"))
    return notes(project, "HEAD~1")


def replaced(how: Callable[[Path], object], folder: Path) -> str:
    project = pull_request(folder)
    for path in list(objects(project)):
        path.unlink()
        how(path)
    return notes(project, "HEAD~1", "--head", "HEAD")


def listing_leads_out(folder: Path) -> str:
    project = pull_request(folder)
    for path in objects(project, ".dir"):
        path.write_text('[{"md5": "%s", "relpath": "../../../etc/passwd"}]' % ("a" * 32))
    return notes(project, "HEAD~1", "--head", "HEAD")


def locked(folder: Path) -> str:
    """Another process holds DVC's locks, and one that is long gone has left its name behind."""
    project = pull_request(folder)
    project.write(".dvc/tmp/rwlock", '{"m.json": {"write": {"pid": 1, "cmd": "dvc repro"}}}')
    hold = "import fcntl, sys; held = [fcntl.flock(f := open(p, 'w'), 2) or f for p in sys.argv[1:]]; print(); input()"
    paths = [str(project.root / ".dvc/tmp" / name) for name in ("lock", "rwlock.lock")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", hold, *paths], **pipes) as other:  # type: ignore[call-overload]
        other.stdout.readline()
        ends = [headway(project, *command)[0] for command in (["diff", "HEAD~1"], ["verify"], ["data", "HEAD~1"])]
        other.communicate(b"\n")
    return f"diff, verify and data: {', '.join(ends)}"


def no_database(folder: Path) -> str:
    project = pull_request(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(folder / "site"))
        headway(project, "verify")
        for path in (folder / "site").rglob("*.db"):
            path.write_bytes(b"no database" * 99)
        return mended(project, "diff", "HEAD~1")


def index_damaged(folder: Path) -> str:
    project = pull_request(folder)
    (project.root / ".git/index").write_bytes(b"no index" * 9)
    return mended(project, "diff", "HEAD~1")


def branch_missing(folder: Path) -> str:
    project = pull_request(folder)
    (project.root / ".git/HEAD").write_text("ref: refs/heads/gone\n")
    return mended(project, "diff", "HEAD~1")


def index_locked(folder: Path) -> str:
    project = pull_request(folder)
    project.write(".git/index.lock", "")
    return headway(project, "diff", "HEAD~1")[0]


def damaged(path: str, folder: Path) -> str:
    """An object of git's that cannot be read: a commit, a folder or a file of base."""
    project = pull_request(folder)
    project.write("dvc.yaml", "stages: {}\n").write(".dvc/config", "[core]\n").commit()
    sha = project.git("rev-parse", f"HEAD~1:{path}")
    place = project.root / ".git/objects" / sha[:2] / sha[2:]
    place.chmod(0o644)
    place.write_bytes(b"damaged")
    return notes(project, "HEAD~1").replace(project.git("rev-parse", "--short", "HEAD~1"), "1234567")


def worktree_alone(folder: Path) -> str:
    project = pull_request(folder)
    project.git("worktree", "add", "--quiet", str(folder / "tree"))
    shutil.rmtree(project.root)
    return headway(Project(folder / "tree", git=False), "diff", "HEAD~1")[0]


def folder_deleted(folder: Path) -> str:
    (folder / "gone").mkdir()
    said, ends = io.StringIO(), set()
    for command in ("diff", "report", "verify", "data", "post x", "comment x.md", "upload x.png", "check x.md"):
        with chdir(folder), redirect_stderr(said):
            (folder / "gone").mkdir(exist_ok=True)
            os.chdir("gone")
            (folder / "gone").rmdir()
            ends.add(run(command.split()))
    return f"every command: exit {', '.join(map(str, ends))}: {said.getvalue().splitlines()[0]}"


def bare_environment(folder: Path) -> str:
    """No HOME, no PATH, and a folder for temporary files that does not exist."""
    project, gone = pull_request(folder), {"HOME", "PATH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"}
    environ = {name: value for name, value in os.environ.items() if name not in gone}
    command = [sys.executable, "-m", "headway", "diff", "HEAD~1"]
    environ["TMPDIR"] = str(folder / "none")
    done = subprocess.run(command, cwd=project.root, env=environ, check=False, capture_output=True)
    return f"exit {done.returncode}{done.stderr.decode()}"


def interrupted(number: signal.Signals, folder: Path) -> str:
    """A signal while DVC opens the project; the report of the last run is there."""
    project, settings = pull_request(folder), folder / "settings"
    headway(project, "report", "HEAD~1")
    before = dict(files_of(project.root))
    settings.mkdir()
    os.mkfifo(settings / "config")
    command = [sys.executable, "-m", "headway", "report", "HEAD~1"]
    environ = {**os.environ, "DVC_GLOBAL_CONFIG_DIR": str(settings), "TMPDIR": str(settings)}
    with subprocess.Popen(command, cwd=project.root, env=environ, stderr=subprocess.PIPE, text=True) as process:
        with held(settings / "config", process.pid):
            process.send_signal(number)
        _, said = process.communicate()
    whole, left = dict(files_of(project.root)) == before, len(list(settings.iterdir()))
    return (
        f"exit {process.returncode}: {said.strip() or 'no output'}; report as it was: {whole}; temporary files: {left}"
    )


def on_each_forge(play: Callable[[Any, Any, FakeClock], str]) -> str:
    with ExitStack() as opened:
        said = [f"{name}: {play(opened.enter_context(make()), connect, FakeClock())}" for name, make, connect in FORGES]
    return "; ".join(said)


def alive(fake: Any) -> list[Any]:
    return [comment for comment in fake.comments(7) if not comment.deleted]


def many_comments(fake: Any, connect: Any, clock: FakeClock) -> str:
    """3,000 comments; five have the marker of this report, four of them ours, and somebody else pasted one."""
    forge, marker = connect(fake, make_options(clock)), make_marker(fake.pull_request(7).head_sha)
    upsert(forge, TARGET, marker, "first")
    (own,) = alive(fake)
    for number in range(2_999):
        copy = number in {5, 700, 1_500, 2_990}
        fake.add_comment(
            7, own.body if copy else "words", author="octocat" if number == 1_500 else own.author if copy else "ada"
        )
    asked = len(fake.requests)
    upsert(connect(fake, make_options(clock)), TARGET, make_marker(marker.sha, run=2), "second")
    left = [comment for comment in alive(fake) if markers.read(comment.body) and comment.author == own.author]
    texts = [markers.text_of(comment.body) for comment in left]
    others, requests = len(alive(fake)) - len(texts), len(fake.requests) - asked
    return f"{len(texts)} Headway comment says {texts[0]}, {others} other comments, {requests} requests"


def deleted_meanwhile(fake: Any, connect: Any, clock: FakeClock) -> str:
    """Somebody deletes the comment just before it is written."""
    forge, marker = connect(fake, make_options(clock)), make_marker(fake.pull_request(7).head_sha)
    upsert(forge, TARGET, marker, "first")
    (first,) = forge.comments(TARGET)
    method = "PATCH" if isinstance(fake, FakeGitHub) else "PUT"
    fake.before_request(method, "*", lambda: connect(fake).delete_comment(TARGET, first))
    outcome = upsert(forge, TARGET, make_marker(marker.sha, run=2), "second").outcome
    return f"{outcome}, {[markers.text_of(comment.body) for comment in alive(fake)]}"


def at(seconds: float) -> Callable[[Any, Any, FakeClock], str]:
    def play(fake: Any, connect: Any, clock: FakeClock) -> str:
        forge = connect(fake, make_options(clock, now=lambda: seconds + sum(clock.slept)))
        head = fake.pull_request(7).head_sha
        outcomes = [upsert(forge, TARGET, make_marker(head, run=n), f"{n}").outcome for n in (1, 2)]
        return f"{' and '.join(outcomes)}, {len(alive(fake))} comment"

    return play


SECTION = Section(
    "Faults during a run",
    (
        Row("the renderer process is killed while it renders a chart, twice in a row", renderer_killed),
        Row("the content of each object in DVC's cache does not match its hash", bit_flipped),
        Row("each object in the cache is a folder", lambda folder: replaced(lambda path: path.mkdir(), folder)),
        Row("each object in the cache is empty", lambda folder: replaced(lambda path: path.touch(), folder)),
        Row("a folder's listing in the cache contains `../../../etc/passwd`", listing_leads_out),
        Row("another process holds DVC's locks, and a process that ended has left one", locked),
        Row("DVC's database of hashes is not a database", no_database),
        Row("git's index is damaged", index_damaged),
        Row("a git command has left its `index.lock`", index_locked),
        Row("HEAD names a branch that does not exist", branch_missing),
        Row("git's object of the base's `dvc.yaml` is damaged", lambda folder: damaged("dvc.yaml", folder)),
        Row("git's object of the base's `.dvc/config` is damaged", lambda folder: damaged(".dvc/config", folder)),
        Row("a worktree whose main repository was deleted", worktree_alone),
        Row("the current folder is deleted", folder_deleted),
        Row("no HOME, no git in the PATH, and a TMPDIR that does not exist", bare_environment),
        Row(
            "Ctrl-C while a report replaces an older one", lambda folder: interrupted(signal.SIGINT, folder), slow=True
        ),
        Row(
            "SIGTERM while a report replaces an older one",
            lambda folder: interrupted(signal.SIGTERM, folder),
            slow=True,
        ),
        Row(
            "3,000 comments, five of them with the same marker; someone else wrote one of the five",
            lambda _: on_each_forge(many_comments),
            slow=True,
        ),
        Row("someone deletes the comment just before Headway updates it", lambda _: on_each_forge(deleted_meanwhile)),
        Row("the clock says 1970", lambda _: on_each_forge(at(0.0))),
        Row("the clock says 2100", lambda _: on_each_forge(at(4_102_444_800.0))),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried)
def test_a_fault_ends_as_the_page_says(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
