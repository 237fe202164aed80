"""Each command that an error or a note recommends is run by a test, or listed here with the reason why none can.

The commands are found in the source: in every text of the package that is no docstring and no help text, a program
followed by one of its own subcommands. What a remedy puts together at run time from parts without a subcommand, such as
the command of git that just failed, is not found.
"""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from dvc.cli.parser import get_main_parser
from house.sources import PACKAGE, nodes

from headway.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
PASTED = "cli/test_pasted_remedies.py::test_"
REGISTRY = "cli/promotion/test_registry_remedies.py::test_"
FAULTS = "registry/test_registry_faults.py::test_"
SPEED = "speed/test_speed_command.py::test_"
RESULTS = "results/test_pr_remedies.py::test_"
REVISIONS = "gather/test_revisions.py::test_a_"

DOCTOR = "doctor/test_doctor_"
INIT = "scaffold/test_init_remedies.py::test_"

RUN = {
    "app/scaffold: dvc init": f"{INIT}a_repository_without_a_project_gets_one",
    "app/scaffold: git add": f"{INIT}the_last_step_commits_what_was_written",
    "app/scaffold: git commit --message": f"{INIT}the_last_step_commits_what_was_written",
    "app/scaffold: git switch --create": f"{INIT}the_last_step_commits_what_was_written",
    "app/scaffold: git rm": f"{INIT}the_workflow_of_the_other_shape_is_removed",
    "app/scaffold: headway init --forge": f"{INIT}a_forge_is_named",
    "app/scaffold: headway init --forks --project": f"{INIT}forks_are_for_one_project",
    "app/scaffold: headway init --source": f"{INIT}a_source_is_named_by_its_commit",
    "app/scaffold: headway doctor": f"{INIT}the_steps_before_it_name_commands_that_run",
    "app/scaffold: headway rules": f"{INIT}the_steps_before_it_name_commands_that_run",
    "app: headway deploy": f"{REGISTRY}the_version_in_the_stage_is_deployed",
    "app: headway stages": f"{REGISTRY}what_exists_is_listed",
    "app/registry: git fetch --tags": "cli/promotion/test_registry_commands.py::"
    "test_a_clone_without_tags_is_told_so_and_the_remedy_mends_it",
    "app/registry: git fetch --unshallow": f"{REGISTRY}a_shallow_clone_gets_the_commit_before_a_merge",
    "app/registry: git ls-remote --symref": f"{REGISTRY}a_remote_without_a_default_branch_is_looked_at",
    "app/registry: git tag --delete": "registry/test_copied_tags.py::test_the_command_of_the_note_removes_it",
    "app/registry: git push": f"{REGISTRY}a_commit_that_nobody_has_pushed_is_pushed",
    "app/registry: headway stages": f"{REGISTRY}what_exists_is_listed",
    "app/registry: headway stages --fetch": f"{REGISTRY}what_exists_is_listed",
    "registry: git config": "cli/promotion/test_registry_commands.py::"
    "test_git_without_a_name_for_the_author_is_told_how_to_get_one",
    "registry: git config --get-regexp": f"{REGISTRY}a_key_that_cannot_sign_is_looked_at",
    "registry: headway promote": f"{REGISTRY}an_empty_stage_before_gets_a_version",
    "registry: headway rollback": "cli/promotion/test_registry_commands.py::"
    "test_a_stage_that_gto_and_dvc_read_differently_is_not_guessed",
    "registry: headway stages": f"{REGISTRY}what_exists_is_listed",
    "registry: git fetch": f"{FAULTS}a_tag_that_was_moved_is_never_guessed",
    "registry: git fetch --tags": f"{REGISTRY}a_remote_that_is_back_answers_the_command",
    "registry: git push --dry-run": f"{REGISTRY}a_push_that_failed_is_tried_without_a_tag",
    "registry: git push": f"{FAULTS}two_versions_on_one_commit_are_refused_until_one_is_gone",
    "registry: git tag --delete": f"{FAULTS}a_tag_of_the_clone_alone_stands_in_the_way",
    "registry: git tag -d": f"{FAULTS}a_tag_that_was_moved_is_never_guessed",
    "app/results: dvc add": f"{RESULTS}a_file_of_git_lfs_can_be_added_to_dvc",
    "app/results: git rm --cached --quiet --ignore-unmatch": f"{RESULTS}a_file_of_git_lfs_can_be_added_to_dvc",
    "app/results: dvc push": f"{RESULTS}data_goes_to_dvcs_remote",
    "app/results: dvc repro": f"{RESULTS}stale_results_can_be_reproduced",
    "app/results: git push": f"{RESULTS}an_unpublished_commit_can_be_pushed",
    "publish/requests: git status": f"{RESULTS}a_conflict_is_shown",
    "app/results: git status --short": f"{RESULTS}an_unknown_file_is_found_among_the_changes",
    "gather/git: git remote": f"{RESULTS}a_remote_is_chosen_among_several",
    "gather/git: git remote --verbose": f"{RESULTS}an_unknown_remote_is_found_among_the_others",
    "app/doctor: dvc remote add --default": f"{DOCTOR}settings.py::test_data_gets_a_remote",
    "app/doctor: dvc repro": f"{DOCTOR}repository.py::test_a_stage_that_never_ran_is_run",
    "app/doctor: git add": f"{DOCTOR}repository.py::test_what_git_does_not_track_is_added",
    "app/doctor: git fetch --tags": f"{DOCTOR}repository.py::test_the_tags_of_an_anchor_are_fetched",
    "app/doctor: git remote set-head": f"{DOCTOR}repository.py::"
    "test_an_unknown_default_branch_is_learned_from_the_remote",
    "app/doctor: git rm -r --cached --quiet": f"{DOCTOR}repository.py::test_reports_are_ignored_and_no_longer_tracked",
    "app/doctor: headway rules --suggest": f"{DOCTOR}settings.py::test_a_project_without_settings_gets_some",
    "app: dvc init": f"{PASTED}a_repository_without_projects_gets_one",
    "app: dvc init --subdir": f"{PASTED}a_repository_without_projects_gets_one",
    "app/side_settings: headway rules": "cli/test_declared_names.py::"
    "test_the_names_of_toml_have_no_line_and_each_remedy_mends",
    "app: git rev-parse": "cli/test_deploy_command.py::test_the_remedy_for_another_name_prints_the_full_sha",
    "app: headway rules --suggest": "cli/test_evidence_in_parts.py::test_settings_without_evidence_get_suggestions",
    "compare: dvc fetch --all-commits": "compare/test_hash_kinds.py::test_the_content_that_tells_is_fetched",
    "datasets: dvc fetch --all-commits": "compare/test_hash_kinds.py::test_the_content_that_tells_is_fetched",
    "datasets: headway data --describe --fetch": "cli/test_data_command.py::"
    "test_data_that_is_not_here_is_described_after_its_command",
    "datasets: headway data --fetch": f"{PASTED}data_that_is_not_here_is_fetched",
    "gather: dvc init": f"{PASTED}a_folder_becomes_a_repository_and_then_a_project",
    "gather/dvc: dvc fetch --all-commits": f"{PASTED}a_damaged_object_of_the_cache_is_fetched_anew",
    "gather/dvc: dvc pull": "gather/test_cache.py::test_a_remote_that_lacks_the_file_is_named_and_the_remedy_mends_it",
    "gather/dvc: dvc push --all-commits": f"{PASTED}what_was_never_pushed_is_pushed_and_fetched",
    "gather/dvc: dvc remote add --local --default": f"{PASTED}a_remote_is_configured_and_asked",
    "gather/dvc: dvc update": f"{PASTED}an_import_is_updated_where_its_source_has_other_content",
    "gather/dvc: headway report": f"{PASTED}another_base_is_compared_with",
    "gather/git: dvc exp list --all-commits": f"{PASTED}the_names_that_exist_are_listed",
    "gather/git: git --no-pager diff --stat": "gather/test_clones.py::"
    "test_a_partial_clone_without_permission_names_the_command_that_mends_it",
    "gather/git: git add --all": "gather/test_repository.py::test_no_commit_yet",
    "gather/git: git branch --all": f"{PASTED}the_names_that_exist_are_listed",
    "gather/git: git cat-file -e": f"{PASTED}a_file_that_a_partial_clone_left_out_is_fetched",
    "gather/git: git clone": "gather/test_repository.py::test_a_bare_repository_has_commits_and_no_workspace",
    "gather/git: git commit --message": "gather/test_repository.py::test_no_commit_yet",
    "gather/git: git config --global --add": "gather/test_clones.py::"
    "test_a_clone_of_another_user_names_the_command_that_mends_it",
    "gather/git: git fetch --tags": f"{REVISIONS}shallow_clone_lacks_the_commit_before",
    "gather/git: git fsck --full": f"{PASTED}a_damaged_object_is_named",
    "gather/git: git init": f"{PASTED}a_folder_becomes_a_repository_and_then_a_project",
    "gather/git: git ls-remote --heads --tags": f"{PASTED}the_names_of_the_remote_are_listed",
    "gather/git: git ls-tree -r": "gather/test_clones.py::"
    "test_a_partial_clone_without_permission_names_the_command_that_mends_it",
    "gather/git: git remote set-head": f"{REVISIONS}shallow_clone_of_a_branch_lacks_the_default_branch",
    "gather/git: git reset --quiet": "hostile/test_faults.py::index_damaged",
    "gather/git: git rev-parse --git-path": "hostile/test_faults.py::index_damaged",
    "gather/git: git symbolic-ref": "hostile/test_faults.py::branch_missing",
    "gather/git: git tag": f"{PASTED}the_names_that_exist_are_listed",
    "gather/verify: dvc pull": f"{PASTED}the_rest_of_a_folder_is_pulled",
    "gather/verify: dvc push": f"{PASTED}a_list_of_files_that_is_nowhere_is_pushed",
    "gather/verify: dvc remote add --default": f"{PASTED}a_remote_is_configured_for_verification",
    "gather/verify: dvc remote list": f"{PASTED}a_remote_that_does_not_answer_is_looked_at",
    "gather/verify: dvc repro": f"{PASTED}an_output_that_nobody_keeps_is_made_again",
    "gather/verify: dvc repro --force": f"{PASTED}a_stage_is_run_again_for_another_type_of_value",
    "gather/verify: dvc status --cloud": f"{PASTED}a_remote_that_does_not_answer_is_looked_at",
    "gather/verify: headway verify": f"{PASTED}a_large_output_is_hashed",
    "gather/verify: headway verify --remote": f"{PASTED}a_remote_that_was_not_asked_is_asked",
    "judge/summaries: headway evidence": "cli/test_evidence_in_parts.py::"
    "test_the_command_of_a_missing_part_computes_it",
    "publish: headway report": f"{PASTED}a_report_is_written_and_posted",
    "publish: headway report --all-projects": f"{PASTED}the_reports_of_all_projects_are_written_and_posted",
    "publish/documents: git rev-parse": f"{PASTED}a_commit_is_named_by_all_of_its_digits",
    "publish/documents: headway upload": f"{PASTED}an_image_is_uploaded_and_not_taken_for_a_document",
    "publish/fork: headway post": f"{PASTED}a_fork_of_gitlab_posts_in_its_own_job",
    "remotes: dvc init": f"{PASTED}a_project_without_dvc_gets_a_remote_after_dvc_init",
    "remotes: git rm --cached": f"{PASTED}a_local_configuration_that_git_tracks_is_hidden",
    "report/sections: dvc add": f"{PASTED}a_modified_output_is_restored_or_recorded",
    "report/sections: dvc checkout": f"{PASTED}a_modified_output_is_restored_or_recorded",
    "report/sections: dvc fetch --all-commits": "cli/test_data_command.py::"
    "test_the_command_of_a_note_brings_what_it_says_on_both_sides",
    "report/sections: dvc pull": f"{PASTED}a_stale_stage_is_reproduced",
    "report/sections: dvc push": "gather/test_verification_remote.py::test_the_command_pushes_what_is_missing",
    "app: headway speed": f"{SPEED}the_remedies_measure",
    "app/speed: headway speed --out": f"{SPEED}the_remedies_measure",
    "judge/speed: headway speed": f"{SPEED}the_remedies_measure",
    "report/sections/metrics: headway speed": f"{SPEED}the_remedies_measure",
    "report/sections: dvc repro": f"{PASTED}a_modified_output_is_restored_or_recorded",
    "report/sections: dvc repro --pull --allow-missing": f"{PASTED}a_stale_stage_is_reproduced",
    "report/sections: git checkout": f"{PASTED}a_modified_output_is_restored_or_recorded",
    "report: headway report": f"{PASTED}a_report_is_written_and_posted",
}
"""The test, or the function that a test's table names, that pastes a command into a shell; by folder and command."""
NOT_RUN = {
    "app/doctor: headway init": "tests/scaffold runs it",
    "app/doctor: headway init --forks": "tests/scaffold runs it",
    "app/scaffold: git checkout --quiet --detach": "a line of the pipeline, whose steps test_init_workflows.py runs",
    "app/scaffold: git fetch --quiet": "likewise",
    "app/scaffold: headway ci": "likewise",
    "app/scaffold: headway post": "likewise",
    "app/scaffold: headway report": "likewise",
    "app/scaffold: headway verify": "likewise",
    "app/scaffold: pip install --quiet": "likewise; tests use no network",
    "app/scaffold: pip install --system --quiet": "likewise",
    "app/scaffold: headway init": "prose: what wrote a file",
    "app/scaffold: headway init --force --source": "its URL and commit are yours to fill in",
    "app/scaffold: headway init --forks": "prose: what wrote a file",
    "report/commands: headway init": "prose: what proposed the settings",
    "report/commands: headway rules": "prose: what shows the rules",
    "app/doctor: git log": "prose: let git log in",
    "app/doctor: headway --traceback report": "shows an error in full that nobody foresaw",
    "app/doctor: headway ci": "prose: the command that will fail",
    "app/doctor: headway post": "prose: the line to add to a job",
    "app/doctor: headway report": "prose: what fetches, and what a line to add comes after",
    "app/doctor: headway rules": "prose: what shows the rules",
    "app/doctor: headway verify --remote": "prose: what checks the objects",
    "app/doctor: pip install": "tests use no network",
    "report/commands: headway doctor": "prose: the next step",
    "report/commands: headway report": "prose: the next step",
    "settings: headway speed": "prose: what measures a slowdown",
    "app/registry: dvc artifacts": "prose: what reads the tags",
    "app/registry: git fetch": "a comment behind the command that is run",
    "app/registry: headway promote": "prose: a promotion as the person who decides",
    "app/registry: git remote add": "the URL is the reader's",
    "app/results: headway pr": "prose: the command that reports",
    "app/results: headway verify": "a comment behind the command that is run",
    "cli: git remote add": "the URL is the reader's",
    "registry: dvc artifacts": "prose: what reads the tags",
    "app/evidence: headway evidence": "prose: what writes such files",
    "gather/dvc: dvc cache dir": "takes another disk, beside one that is full",
    "gather/dvc: dvc push": "a list of files that is damaged in the remote is to be deleted there by hand first",
    "gather/git: git log": "prose: let git log in",
    "gather/git: headway diff": "a comment behind the command that is run: BASE and HEAD are the reader's",
    "publish/fork: headway report": "prose: what writes such archives",
    "publish/images: headway prune": "prose: the README of the images branch",
    "cli: pip install": "tests use no network",
    "draw/plots: pip install": "tests use no network",
    "publish/images: pip install": "tests use no network",
    "remotes: pip install": "tests use no network",
    "report/notebook: pip install": "tests use no network",
    "report/commands: headway rules --suggest": "prose: what wrote the suggestions",
}
"""What cannot be run by a test, or is prose, and why."""


def subcommands() -> dict[str, set[str]]:
    """The subcommands of each program that remedies name, as the program itself lists them."""
    git = subprocess.run(["git", "--list-cmds=main"], check=True, capture_output=True, text=True).stdout.split()
    (dvc,) = (set(each.choices) for each in get_main_parser()._actions if each.dest == "cmd" and each.choices)  # noqa: SLF001 - argparse offers no list
    headway = set(cli.list_commands(click.Context(cli)))
    return {"git": set(git), "dvc": dvc, "headway": headway, "pip": {"install"}, "gh": {"auth", "run", "api"}}


SUBCOMMANDS = subcommands()
_OPTIONS = r"(?: --?[a-z][a-z-]*(?:=\w+)?)*"
COMMAND = re.compile(
    rf"\b(?P<program>{'|'.join(SUBCOMMANDS)})(?: --[a-z-]+)* (?P<sub>[a-z][a-z-]+)"
    rf"(?:(?<=remote|.cache|...exp) (?:add|dir|list|modify|set-head))?{_OPTIONS}"
)


def commands_in(text: str) -> Iterator[str]:
    for found in COMMAND.finditer(text):
        if found["sub"] in SUBCOMMANDS[found["program"]]:
            yield found[0]


def texts(module: Path) -> Iterator[str]:
    """The texts of a module, with gaps where values are put in; without docstrings, examples and help texts."""
    left_out: set[ast.AST] = {node.value for node in nodes(module) if isinstance(node, ast.Expr)}
    left_out |= {part for node in nodes(module) if isinstance(node, ast.JoinedStr) for part in node.values}
    left_out |= {node.value for node in nodes(module) if isinstance(node, ast.keyword) and node.arg == "help"}
    for node in nodes(module):
        if node not in left_out and isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        if node not in left_out and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "" if node.value.startswith(("\n\b\nExample", "Example: ")) else node.value


def recommended() -> set[str]:
    """The commands of the package's texts, by the folder of the module."""
    return {
        f"{path.parent.relative_to(PACKAGE)}: {command}"
        for path in PACKAGE.rglob("*.py")
        for text in texts(path)
        for command in commands_in(text)
    }


def test_every_command_is_run_or_has_a_reason() -> None:
    found = {command for command in recommended() if not command.startswith("cli: headway ")}
    assert {"gather/git: git fetch --tags", "report/sections: dvc push"} <= found
    assert found - RUN.keys() - NOT_RUN.keys() == set(), "write a test that pastes the command, and list it here"
    assert (RUN.keys() | NOT_RUN.keys()) - found == set(), "the package recommends it no more"
    assert RUN.keys() & NOT_RUN.keys() == set()


@cache
def functions(path: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def pastes(path: Path, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function, or one of its module that it calls, runs a text in a shell."""
    nodes = list(ast.walk(functions(path)[name]))
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    in_shell = any(isinstance(node, ast.keyword) and node.arg == "shell" for node in nodes)
    others = (calls & functions(path).keys()) - seen
    return (
        in_shell
        or any(call.endswith(".paste") for call in calls)
        or any(pastes(path, other, seen | others) for other in others)
    )


@pytest.mark.parametrize("test", sorted(set(RUN.values())))
def test_the_listed_tests_run_what_they_are_told(test: str) -> None:
    file, name = test.split("::")
    assert pastes(TESTS / file, name)


def test_a_command_is_found_with_its_options() -> None:
    text = "delete it, dvc push --all-commits {} (where it was made), then git remote set-head {} --auto; git keeps it"
    assert list(commands_in(text)) == ["dvc push --all-commits", "git remote set-head"]
