"""The commands that errors and notes recommend, pasted into a shell: afterwards the trouble is over.

``tests/house/test_remedies.py`` says which test runs which command; these are those that no other test runs.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeGitHub, FakeGitLab, PullRequest
from image_forges import png
from repos import Project, train_twice
from verified import line, pipeline, store, unpulled, verify

from headway.app.comparison import Request
from headway.app.monorepo import changed_projects
from headway.cli.main import run
from headway.errors import RepositoryError
from headway.gather.verify import workspace
from headway.publish.documents.delivery import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


def headway(project: Project, *args: str) -> tuple[int, str, str]:
    """A command in this process: its exit code and what it prints to standard output and standard error."""
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), chdir(project.root):
        code = run(args)
    out.seek(0)
    return code, out.read(), err.getvalue()


def remedy_of_error(project: Project, *args: str, code: int = 3) -> str:
    found, _, err = headway(project, *args)
    assert found == code, err
    return err.splitlines()[-1].strip()


def notes(project: Project, *args: str) -> dict[str, str]:
    """The remedy of each note, by the path and side that it is about."""
    code, out, err = headway(project, *args, "--json")
    assert code == 0, err
    return {
        f"{each.get('path')} {each.get('side', '')}".strip(): each["remedy"] for each in json.loads(out)["problems"]
    }


def command_in(remedy: str, start: str) -> str:
    """The command of a remedy that begins with these words, without the prose around it."""
    found = re.search(rf"{re.escape(start)}[^,()`#]*", remedy)
    assert found, remedy
    return re.split(" in a project| for files", found[0])[0].strip(" .")


# git, and DVC's project


def test_a_folder_becomes_a_repository_and_then_a_project(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", dvc=False, git=False).write("a", "")
    project.paste(remedy_of_error(project, "diff"))
    assert project.git("log", "--format=%s") == "First commit"
    project.paste(remedy_of_error(project, "diff"))
    project.commit()
    assert headway(project, "diff", "HEAD")[0] == 0


def test_a_project_without_dvc_gets_a_remote_after_dvc_init(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", dvc=False)
    project.paste(remedy_of_error(project, "ci", "setup", "--url", str(tmp_path / "store")))
    (tmp_path / "store").mkdir()
    assert headway(project, "ci", "setup", "--url", str(tmp_path / "store"))[0] == 0


@pytest.mark.parametrize(("start", "folder"), [("dvc init", ""), ("dvc init --subdir", "ml")])
def test_a_repository_without_projects_gets_one(tmp_path: Path, start: str, folder: str) -> None:
    project = Project(tmp_path / "p", subdir=folder, dvc=False).write("a", "")
    project.commit()
    request = Request(folder=project.git_root, base="HEAD", head=None, settings=None)
    with pytest.raises(RepositoryError) as caught:
        changed_projects(request)
    project.paste(
        command_in(caught.value.remedy, start).removesuffix(" in a project's folder; then commit its .dvc/config")
    )
    project.commit()
    assert list(changed_projects(Request(folder=project.git_root, base="HEAD~1", head=None, settings=None))) == [folder]


def test_the_names_that_exist_are_listed(trained: Project) -> None:
    trained.git("tag", "v1")
    sha = trained.git("rev-parse", "HEAD")
    trained.git(
        "update-ref",
        f"refs/exps/{sha[:2]}/{sha[2:]}/wide-net",
        trained.git("commit-tree", "HEAD^{tree}", "-p", sha, "-m", "x"),
    )
    printed = trained.paste(remedy_of_error(trained, "diff", "quite-another"))
    assert re.search(r"main\n(.*\n)*v1\n(.*\n)*.*wide-net", printed)


def test_the_names_of_the_remote_are_listed(trained: Project, tmp_path: Path) -> None:
    clone = trained.clone(tmp_path / "clone", "--depth=1")
    assert "refs/heads/main" in clone.paste(remedy_of_error(clone, "diff", "quite-another", "--fetch"))


def test_a_damaged_object_is_named(trained: Project) -> None:
    sha = trained.git("rev-parse", "HEAD:metrics.json")
    place = trained.root / ".git/objects" / sha[:2] / sha[2:]
    place.chmod(0o644)
    place.write_bytes(b"damaged")
    remedy = notes(trained, "diff", "HEAD~1", "HEAD")["metrics.json head"]
    assert sha in trained.paste(remedy, check=False)


def test_a_file_that_a_partial_clone_left_out_is_fetched(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", subdir="ml").dvc_yaml({"metrics": ["../m.json"]})
    for value in (1, 2):
        project.json("../m.json", {"a": value}).commit()
    project.git("config", "uploadpack.allowFilter", "true")
    clone = project.clone(tmp_path / "clone", "--filter=blob:none")
    (remedy,) = notes(clone, "diff", "HEAD~1", "HEAD", "--no-fetch").values()
    clone.paste(remedy)
    assert values(clone) == [(1, 2)]


def test_a_local_configuration_that_git_tracks_is_hidden(project: Project, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    command = ("ci", "setup", "--url", str(tmp_path / "store"))
    project.write(".dvc/.gitignore", "").write(".dvc/config.local", "").commit()
    project.paste(remedy_of_error(project, *command))
    project.paste(remedy_of_error(project, *command))
    assert headway(project, *command)[0] == 0


# DVC's cache and remote


@pytest.fixture
def trained(project: Project) -> Project:
    return train_twice(project)


def metrics_in_dvc(project: Project) -> Project:
    """Two commits whose metrics are kept by DVC alone."""
    for value in (1, 2):
        stage = {"cmd": "true", "metrics": ["m.json"]}
        project.json("m.json", {"a": value}).dvc_yaml({"stages": {"s": stage}}).recorded().commit()
    return project


def values(project: Project) -> list[tuple[Any, Any]]:
    _, out, _ = headway(project, "diff", "HEAD~1", "HEAD", "--json")
    return [(metric["base"], metric["head"]) for metric in json.loads(out)["metrics"]]


def test_a_remote_is_configured_and_asked(project: Project, tmp_path: Path) -> None:
    metrics_in_dvc(project).paste(f"dvc remote add --local --default store {tmp_path / 'store'}")
    project.paste("dvc push --all-commits")
    clone = project.clone(tmp_path / "clone")
    remedy = notes(clone, "diff", "HEAD~1", "HEAD")["m.json base"]
    clone.paste(command_in(remedy, "dvc remote add").replace("NAME", "store").replace("URL", str(tmp_path / "store")))
    clone.paste(command_in(remedy, "dvc fetch"))
    assert values(clone) == [(1, 2)]


def test_what_was_never_pushed_is_pushed_and_fetched(project: Project, tmp_path: Path) -> None:
    metrics_in_dvc(project.remote(tmp_path / "store"))
    clone = project.clone(tmp_path / "clone")
    remedy = notes(clone, "diff", "HEAD~1", "HEAD")["m.json base"]
    project.paste(command_in(remedy, "dvc push"))
    clone.paste(command_in(remedy, "dvc fetch"))
    assert values(clone) == [(1, 2)]


def test_a_damaged_object_of_the_cache_is_fetched_anew(project: Project, tmp_path: Path) -> None:
    metrics_in_dvc(project.remote(tmp_path / "store")).paste("dvc push --all-commits")
    for path in (project.root / ".dvc/cache/files/md5").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damaged")
    for remedy in notes(project, "diff", "HEAD~1", "HEAD").values():
        project.paste(remedy)
    assert values(project) == [(1, 2)]


def test_an_import_is_updated_where_its_source_has_other_content(project: Project, tmp_path: Path) -> None:
    source = Project(tmp_path / "source").write("in_git/t.csv", "id\n1\n")
    source.commit()
    with project.dvc() as repo:
        repo.imp(f"file://{source.root}", "in_git")
    project.commit()
    recorded = (project.root / "in_git.dvc").read_text()
    project.write("in_git.dvc", re.sub(r"md5: \w{32}\.dir", f"md5: {'0' * 32}.dir", recorded)).commit()
    shutil.rmtree(project.root / ".dvc/cache")
    shutil.rmtree(project.root / "in_git")
    project.paste(command_in(notes(project, "data", "HEAD~1", "HEAD", "--fetch")["in_git head"], "dvc update"))
    assert (project.root / "in_git.dvc").read_text() == recorded


def test_another_base_is_compared_with(trained: Project) -> None:
    pipeline_file = (trained.root / "dvc.yaml").read_text()
    trained.write("dvc.yaml", "stages: [").commit()
    trained.write("dvc.yaml", pipeline_file).commit()
    (remedy,) = notes(trained, "diff", "HEAD~1", "HEAD").values()
    printed = trained.paste(command_in(remedy, "headway report").replace("BASE", "HEAD~3"))
    assert "reports/headway/report.html" in printed


def test_data_that_is_not_here_is_fetched(project: Project, tmp_path: Path) -> None:
    project.remote(tmp_path / "store")
    for number in (1, 2):
        project.write("rows.csv", f"id\n{number}\n").add("rows.csv").push().commit()
    shutil.rmtree(project.root / ".dvc/cache")
    project.remove("rows.csv")
    remedy = notes(project, "data", "HEAD~1", "HEAD")["rows.csv base"]
    project.paste(f"{command_in(remedy, 'headway data --fetch')} HEAD~1 HEAD")
    assert notes(project, "data", "HEAD~1", "HEAD") == {}


# Verification


@pytest.fixture
def pushed(tmp_path: Path) -> Project:
    return pipeline(Project(tmp_path / "project").remote(tmp_path / "store"))


def to_do(project: Project, title: str) -> str:
    """What ``headway verify`` says is to be done about a kind of finding."""
    _, out, _ = headway(project, "verify")
    return " ".join(out[out.index(title) :].partition("To do: ")[2].split("\n\n")[0].split())


def with_code(project: Project) -> Project:
    """The pipeline with code that does something."""
    project.write("prepare.py", "open('clean.csv', 'w').write('2')")
    train = ("import os", "os.makedirs('model', exist_ok=True)", "open('model/w', 'w')")
    return project.write("train.py", "\n".join((*train, "open('metrics.json', 'w').write('{}')")))


def test_a_stale_stage_is_reproduced(pushed: Project) -> None:
    with_code(pushed).paste(to_do(pushed, "Stale stages"))
    assert line(verify(pushed)) == "verified"


@pytest.mark.parametrize(
    ("path", "start", "option"),
    [
        ("metrics.json", "git checkout", " metrics.json"),
        ("data/a.csv", "dvc checkout", " --force"),
        ("metrics.json", "dvc repro", " --force"),
        ("data/a.csv", "dvc add", " data"),
    ],
)
def test_a_modified_output_is_restored_or_recorded(pushed: Project, path: str, start: str, option: str) -> None:
    with_code(pushed).paste("dvc repro")
    pushed.commit()
    pushed.write(path, '{"other": 1}')
    pushed.paste(f"{command_in(to_do(pushed, 'Modified outputs'), start)}{option}")
    assert not verify(pushed).modified


def test_the_rest_of_a_folder_is_pulled(pushed: Project) -> None:
    pushed.remove("data/b.csv")
    (problem,) = verify(pushed).unchecked
    pushed.paste(problem.remedy)
    assert line(verify(pushed)) == "verified"


def test_an_output_that_nobody_keeps_is_made_again(project: Project) -> None:
    stage = {"cmd": "echo 1 > kept.txt", "outs": [{"kept.txt": {"cache": False}}]}
    project.dvc_yaml({"stages": {"s": stage}}).write(".gitignore", "/kept.txt\n").write("kept.txt", "1\n").recorded()
    project.commit()
    project.remove("kept.txt")
    (problem,) = verify(project).unchecked
    project.paste(problem.remedy)
    assert line(verify(project)) == "verified"


def test_a_stage_is_run_again_for_another_type_of_value(project: Project) -> None:
    project.write("params.yaml", "n: 1\n").dvc_yaml({"stages": {"s": {"cmd": "true", "params": ["n"]}}}).recorded()
    project.write("params.yaml", "n: true\n").commit()
    (problem,) = verify(project).unchecked
    project.paste(command_in(problem.remedy, "dvc repro"))
    assert line(verify(project)) == "verified"


def test_a_large_output_is_hashed(pushed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "LIGHT_BYTES", 0)
    report = json.loads(headway(pushed, "diff", "HEAD", "--json")[1])
    (remedy,) = {each["remedy"] for each in report["verification"]["unchecked"]}
    assert "verified" in pushed.paste(remedy)


def test_a_list_of_files_that_is_nowhere_is_pushed(pushed: Project, tmp_path: Path) -> None:
    maker = pushed.clone(tmp_path / "maker")
    maker.paste("dvc pull")
    shutil.rmtree(store(pushed))
    unpulled(pushed)
    remedies = {problem.remedy for problem in verify(pushed).unchecked if "dvc push" in problem.remedy}
    for remedy in remedies:
        maker.paste(command_in(remedy, "dvc push"))
    assert not {problem.remedy for problem in verify(pushed).unchecked if "dvc push" in problem.remedy}
    assert remedies


def test_a_remote_that_was_not_asked_is_asked(project: Project, tmp_path: Path) -> None:
    project.remote(tmp_path / "store").write("in/images/a.png", "a").add("in/images").push()
    project.dvc_yaml({"stages": {"s": {"cmd": "true", "deps": ["in"]}}}).recorded().commit()
    shutil.rmtree(project.root / "in/images")
    shutil.rmtree(project.root / ".dvc/cache")
    with web_server(tmp_path / "store") as url:
        config = (project.root / ".dvc/config").read_text()
        project.write(".dvc/config", config.replace(str(tmp_path / "store"), url))
        (problem,) = verify(project).unchecked
        assert "verified" in project.paste(command_in(problem.remedy, "headway verify --remote"))


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_remote_is_configured_for_verification(pushed: Project) -> None:
    pushed.write(".dvc/config", "")
    command = remedy_of_error(pushed, "verify", "--remote")
    pushed.paste(command.replace("NAME", "store").replace("URL", str(store(pushed))))
    assert headway(pushed, "verify", "--remote")[0] == 0


def test_a_remote_that_does_not_answer_is_looked_at(pushed: Project) -> None:
    pushed.write(".dvc/config", "[core]\n    remote = away\n['remote \"away\"']\n    url = http://127.0.0.1:9/x\n")
    remedy = remedy_of_error(pushed, "verify", "--remote")
    assert "http://127.0.0.1:9/x" in pushed.paste(command_in(remedy, "dvc remote list"))
    assert "new:" in pushed.paste(command_in(remedy, "dvc status --cloud"))  # DVC takes it for an empty remote


# Publishing


@pytest.fixture
def forge(trained: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    sha = trained.git("rev-parse", "HEAD")
    with FakeGitHub(pull_requests=[PullRequest(number=7, head_sha=sha)]) as forge:
        for name, value in forge.environ().items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.mark.parametrize("content", [None, "broken"])
def test_a_report_is_written_and_posted(trained: Project, forge: FakeGitHub, content: str | None) -> None:
    if content:
        trained.write("reports/headway/report.json", content)
    trained.paste(command_in(remedy_of_error(trained, "post", code=2), "headway report"))
    assert headway(trained, "post", "--images", "none")[0] == 0
    assert len(forge.comments(7)) == 1


def test_the_reports_of_all_projects_are_written_and_posted(trained: Project, forge: FakeGitHub) -> None:
    remedy = remedy_of_error(trained, "post", "--all", code=2)
    trained.paste(f"{command_in(remedy, 'headway report --all-projects')} HEAD~1")
    assert headway(trained, "post", "--all", "--images", "none")[0] == 0
    assert len(forge.comments(7)) == 1


def test_an_image_is_uploaded_and_not_taken_for_a_document(trained: Project, forge: FakeGitHub) -> None:
    trained.write("loss.png", png(1))
    command = command_in(remedy_of_error(trained, "comment", "loss.png", code=2), "headway upload")
    printed = trained.paste(f"{command} loss.png --images branch").splitlines()
    assert [line for line in printed if line.startswith(forge.server_url)]


def test_a_fork_of_gitlab_posts_in_its_own_job(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = trained.git("rev-parse", "HEAD")
    with FakeGitLab(merge_requests=[PullRequest(number=7, head_sha=sha)]) as gitlab:
        for name, value in gitlab.environ().items():
            monkeypatch.setenv(name, value)
        remedy = remedy_of_error(trained, "post", "--from-run", "--strict", code=4)
        trained.paste("headway report --no-fetch HEAD~1")
        trained.paste(command_in(remedy, "headway post").replace("DIR", "reports/headway --images none"))
        assert len(gitlab.comments(7)) == 1


def test_a_commit_is_named_by_all_of_its_digits(trained: Project) -> None:
    remedy = remedy_of_error(trained, "comment", "x.md", "--target", "commit/abc", code=2)
    sha = trained.paste(f"{command_in(remedy, 'git rev-parse')} HEAD").strip()
    assert parse_target(f"commit/{sha}").sha == sha
