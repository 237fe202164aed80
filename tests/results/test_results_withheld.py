"""Results that are not what they would be taken for, and text from elsewhere in the log: ``headway pr`` is careful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from repos import PIPELINE, Project
from results.conftest import retrain

from headway.app.results.branches import results_branch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publish.requests.request_forges import Host
    from registries import Answer

    Headway = Callable[..., Answer]


@pytest.mark.parametrize("input_file", ["params.yaml", "code.py", "dvc.yaml"])
def test_results_of_files_that_are_not_committed_are_withheld(
    host: Host, project: Project, headway: Headway, input_file: str
) -> None:
    """The request would say that they are those of the commit."""
    content = {"params.yaml": "lr: 0.7\n", "code.py": "# other\n", "dvc.yaml": (project.root / "dvc.yaml").read_text()}
    retrain(project.write(input_file, f"{content[input_file]}\n"), 0.97)
    answer = headway("pr")
    assert (answer.code, list(host.branches())) == (3, ["main"])
    assert f"other contents of {input_file}." in answer.err
    assert headway("pr", "dvc.lock", "metrics.json", input_file).code == 0


def test_inputs_and_outputs_may_lie_beside_the_project(project: Project, headway: Headway, tmp_path: Path) -> None:
    inner = Project(project.git_root, subdir="models/de", git=False).dvc_init().write("../shared.py", "")
    outs = [{path: {"cache": False}} for path in ("../de.json", str(tmp_path / "elsewhere.json"))]
    inner.dvc_yaml({"stages": {"train": {"cmd": "true", "deps": ["../shared.py"], "outs": outs}}})
    inner.write("../de.json", "1").write(str(tmp_path / "elsewhere.json"), "1").recorded().commit("two projects")
    project.git("push", "--quiet", "origin", "main")
    inner.write("../de.json", "2").recorded()
    assert headway("pr", "-C", "models/de", "--json").json["files"] == ["models/de.json", "models/de/dvc.lock"]
    inner.write("../shared.py", "# other\n").recorded()
    answer = headway("pr", "-C", "models/de")
    assert answer.code == 3
    assert "../shared.py" in answer.err


def test_what_dvc_has_git_ignore_is_sent_with_the_results(project: Project, headway: Headway) -> None:
    """After the merge, somebody could commit the model otherwise."""
    project.write("data/new.csv", "1\n").add("data/new.csv").write(".gitignore", "/model.bin\n/mine\n")
    assert headway("pr", "--json").json["files"] == [".gitignore", "data/.gitignore", "data/new.csv.dvc"]


def test_files_that_no_stage_reads_or_git_does_not_track_may_differ(project: Project, headway: Headway) -> None:
    (stage,) = PIPELINE["stages"].values()
    project.dvc_yaml({"stages": {"train": {**stage, "deps": ["code.py", "downloaded.csv"]}}}).commit("one more input")
    project.git("push", "--quiet", "origin", "main")
    retrain(project.write("notes.txt", "edited\n").write("downloaded.csv", "1\n"), 0.97)
    assert headway("pr", "--json").json["files"] == ["dvc.lock", "metrics.json"]


def test_without_results_nothing_else_that_has_changed_is_sent(host: Host, project: Project, headway: Headway) -> None:
    """Such as a key that an earlier step has left in the folder."""
    project.write("notes.txt", "edited\n").write("gha-creds-1.json", "secret").write(".gitignore", "/model.bin\n#\n")
    answer = headway("pr", "--json")
    assert (answer.json["action"], host.writes(), list(host.branches())) == ("nothing", [], ["main"])


def test_an_empty_name_is_not_the_whole_folder(host: Host, project: Project, headway: Headway) -> None:
    """As "$FILES" is where the variable is not set."""
    project.write("gha-creds-1.json", "secret")
    answer = headway("pr", "")
    assert (answer.code, host.writes()) == (2, [])
    assert "is empty" in answer.err


def test_two_base_branches_cannot_share_a_branch(host: Host, project: Project, headway: Headway) -> None:
    """The request into main would get all commits of dev."""
    retrain(project, 0.97)
    headway("pr", "metrics.json", "--branch", "retrained")
    project.branch("dev").commit("only on dev")
    project.git("push", "--quiet", "origin", "dev")
    retrain(project, 0.98)
    answer = headway("pr", "metrics.json", "--branch", "retrained", "--base", "dev")
    assert (answer.code, [each.base for each in host.open_requests()]) == (3, ["main"])
    assert "holds the results for 'main'" in answer.err
    assert host.git("rev-parse", "retrained^") == host.tip()


def test_a_commit_of_another_branch_is_not_to_be_pushed_to_the_base(project: Project, headway: Headway) -> None:
    project.branch("dev").commit("only on dev")
    answer = headway("pr", "metrics.json")
    assert answer.code == 3
    assert "git push" not in answer.err
    assert "--base NAME" in answer.err


def test_a_branch_may_be_named_as_git_shows_it(project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    answer = headway("pr", "--base", "origin/main")
    assert answer.code == 3
    assert answer.err.rstrip().endswith("Did you mean --base main?")


def test_a_branch_of_a_merge_queue_is_no_base(host: Host, project: Project, headway: Headway, monkeypatch: Any) -> None:
    project.branch("gh-readonly-queue/main/pr-7-abc")
    project.git("push", "--quiet", "origin", "HEAD")
    event = project.root.parent / "event.json"
    event.write_text(f'{{"merge_group": {{"head_sha": "{host.tip()}"}}}}')
    monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    retrain(project, 0.97)
    answer = headway("pr")
    assert (answer.code, host.writes()) == (2, [])
    assert "--base" in answer.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_file_name_is_no_command_of_the_log(project: Project, headway: Headway, options: tuple[str, ...]) -> None:
    """GitHub would set the output, and the next step would post the report elsewhere."""
    names = ["a\n::set-output name=commit::1", "##[set-output name=commit;]1"]
    for name in names:
        project.write(name, "1\n")
    lines = headway("pr", *names, *options).out.splitlines()
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
    refused = headway("pr", *names, "##[set-output name=commit;]2").err
    assert "set-output" in refused
    assert "##[" not in refused


def test_a_title_of_spaces_is_none(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    headway("pr", "--title", " ")
    assert host.open_requests()[0].title.startswith("Results of main at ")


@pytest.mark.parametrize(
    ("folder", "name"), [("models/de", "-models-de"), ("\u30e2\u30c7\u30eb", "-\u30e2\u30c7\u30eb"), (".", "")]
)
def test_each_project_has_a_branch_in_every_language(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder / ".dvc").mkdir(parents=True)
    assert results_branch(tmp_path, tmp_path / folder, "main") == f"headway/results{name}/main"
