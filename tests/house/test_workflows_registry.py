"""The rules for the workflows of the registry, their templates, and what their jobs install."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from house.requirements import LOCKS, builds, locked, needed, pinned
from workflow_steps import ROOT, every_step, jobs, load

if TYPE_CHECKING:
    from pathlib import Path

CI, DOCS = ROOT / ".github/workflows", ROOT / "docs/ci"
NAMES = ("promote", "rollback", "registry", "deploy")
WORKFLOWS = {path.name: path for name in NAMES for path in (CI / f"{name}.yml", DOCS / f"github-{name}.yml")}
KEEPERS = {"deploy.yml", "github-deploy.yml", "github-promote.yml", "github-registry.yml"}
"""They have keys for data in a bucket. This repository's own data is in git, so its promotions need none."""
SETUP, CLEANUP, ROLE = "Set up the DVC remote", "Remove the credentials", "Assume the role that reads the data"
PERMISSIONS: dict[str, dict[str, str]] = {
    "promote": {"actions": "read", "contents": "write"},
    "rollback": {"contents": "write"},
    "registry": {"contents": "write", "pull-requests": "read"},
    "deploy": {"contents": "read", "deployments": "write"},
}
INSTALLERS = {
    "promote.yml": "scripts/install-promote",
    "registry.yml": "scripts/install-promote",
    "rollback.yml": "scripts/install-post",
    "github-rollback.yml": '"$folder/scripts/install-post"',
}
"""The workflows whose jobs may push tags and install packages with hashes alone, and how they end their installation.

The templates of promotions install what a team's data needs, which no lock file of Headway's can know.
"""
TRIGGERS = {
    "promote": {"workflow_dispatch"},
    "rollback": {"workflow_dispatch"},
    "registry": {"push"},
    "deploy": {"repository_dispatch"},
}
GITLAB, BITBUCKET = DOCS / "gitlab-registry.yml", DOCS / "bitbucket-registry.yml"

each_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def kind(name: str) -> str:
    return name.removeprefix("github-").removesuffix(".yml")


def job(path: Path) -> dict[str, Any]:
    (only,) = jobs(path).values()
    return dict(only)


class TestRules:
    @each_workflow
    def test_nothing_but_people_who_may_write_starts_them(self, name: str) -> None:
        """And none of them is started by a pull request, whose code they would run."""
        workflow = load(WORKFLOWS[name])
        assert set(workflow["on"]) == TRIGGERS[kind(name)]
        if "push" in workflow["on"]:
            assert workflow["on"]["push"] == {"branches": ["main"], "paths": ["registry.yaml"]}
        checkout = job(WORKFLOWS[name])["steps"][0]
        assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}, "a ref would be another's code"

    @each_workflow
    def test_permissions_are_those_of_the_task(self, name: str) -> None:
        role = {"id-token": "write"} if name in KEEPERS else {}
        assert job(WORKFLOWS[name])["permissions"] == {**PERMISSIONS[kind(name)], **role}

    @each_workflow
    def test_the_token_is_in_the_step_that_uses_it_and_nowhere_else(self, name: str) -> None:
        steps = job(WORKFLOWS[name])["steps"]
        holders = [step["run"] for step in steps if "github.token" in str(step)]
        assert len(holders) == 1
        assert WORKFLOWS[name].read_text().count("github.token") == 1
        assert re.match(r"headway (promote|rollback|deploy) [^\n;&|]+$", holders[0])

    @each_workflow
    def test_no_run_is_ended_by_a_later_one(self, name: str) -> None:
        concurrency = load(WORKFLOWS[name])["concurrency"]
        assert concurrency["cancel-in-progress"] is False
        assert concurrency["group"].startswith(f"{kind(name)}-${{{{")
        if kind(name) == "registry":
            assert concurrency["group"].endswith("github.sha }}"), "of three merges, GitHub would drop the second"

    @pytest.mark.parametrize("name", ["deploy.yml", "github-deploy.yml"])
    def test_the_commit_that_is_rolled_out_is_the_one_of_the_event(self, name: str) -> None:
        """Without it, a late event would roll out whatever has the stage by then, and record that under its own run."""
        (deploy,) = [step for step in job(WORKFLOWS[name])["steps"] if step.get("name") == "Deploy"]
        assert '"$NAME" --in "$STAGE" --sha "$SHA" -- ' in deploy["run"]
        checked = {key.upper(): f"${{{{ steps.event.outputs.{key} }}}}" for key in ("name", "stage", "sha")}
        assert checked.items() <= deploy["env"].items()

    @pytest.mark.parametrize("name", sorted(KEEPERS))
    def test_credentials_always_go(self, name: str) -> None:
        steps = job(WORKFLOWS[name])["steps"]
        (role,) = [step for step in steps if "configure-aws-credentials@" in step.get("uses", "")]
        assert (role["name"], role["if"]) == (ROLE, "vars.AWS_ROLE != ''")
        (setup,) = [step for step in steps if step.get("id") == "remote"]
        assert (setup["name"], setup["run"]) == (SETUP, "headway ci setup")
        assert setup["env"].keys() - {"DVC_REMOTE_URL"} == {
            *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
        }
        assert (steps[-1]["name"], steps[-1]["run"]) == (CLEANUP, "headway ci cleanup")
        assert steps[-1]["if"] == "always() && steps.remote.outcome != 'skipped'"

    @pytest.mark.parametrize("path", [*WORKFLOWS.values(), GITLAB, BITBUCKET], ids=lambda path: path.name)
    def test_no_name_that_a_person_types_is_taken_for_an_option(self, path: Path) -> None:
        """``--approver=linus`` as the version would stand in the tag. Those of an event are checked before."""
        commands = re.findall(r"headway (?:promote|rollback) .*", path.read_text())
        typed = [command for command in commands if re.search(r'"\$(NAME|MODEL)"', command)]
        assert len(typed) == {"registry": 0, "deploy": 0, "gitlab-registry": 2}.get(
            path.stem.removeprefix("github-"), 1
        )
        assert all(re.search(r' -- "\$(NAME|MODEL)"( "\$VERSION")?$', command) for command in typed)


class TestTemplates:
    @pytest.mark.parametrize("name", NAMES)
    def test_they_say_what_our_own_workflows_say(self, name: str) -> None:
        """Apart from what is installed, the model's name and its test, and keys for data, which here is in git."""
        ours, template = load(CI / f"{name}.yml"), load(DOCS / f"github-{name}.yml")
        for part in ("name", "permissions", "concurrency", "defaults"):
            assert template[part] == ours[part]
        assert without_defaults(template["on"]) == without_defaults(ours["on"])
        jobs = [next(iter(each["jobs"].values())) for each in (template, ours)]
        assert essence(jobs[0]) == essence(jobs[1])
        assert len(essence(jobs[0])["steps"]) >= 3

    @pytest.mark.parametrize("name", NAMES)
    def test_their_first_lines_say_where_they_go_and_what_they_do(self, name: str) -> None:
        first = (DOCS / f"github-{name}.yml").read_text().splitlines()[0]
        assert re.match(rf"# \.github/workflows/{name}\.yml: [a-z]", first)

    @pytest.mark.parametrize("path", [*WORKFLOWS.values(), GITLAB, BITBUCKET], ids=lambda path: path.name)
    def test_comments_fit_on_a_page(self, path: Path) -> None:
        assert [line for line in path.read_text().splitlines() if line.startswith("#") and len(line) > 120] == []


def without_defaults(on: dict[str, Any]) -> dict[str, Any]:
    """A workflow's triggers without the model that is suggested."""
    inputs = (on.get("workflow_dispatch") or {}).get("inputs")
    if inputs:
        assert inputs["name"].pop("default") in {"digits", "model"}
    return on


def essence(job: dict[str, Any]) -> dict[str, Any]:
    """A job without what the data and the installation of a team need."""
    steps = []
    for step in job["steps"]:
        if step.get("name", "").startswith("Install") or step.get("name") in {SETUP, CLEANUP, ROLE}:
            continue
        env = {name: value for name, value in step.get("env", {}).items() if not name.startswith("AWS_")}
        run = re.sub(r"-- python .*", "-- python TEST", step.get("run", "")).strip()
        steps.append({**step, "env": env, "run": run})
    permissions = {name: level for name, level in job["permissions"].items() if name != "id-token"}
    return {**job, "permissions": permissions, "steps": steps}


class TestInstalled:
    """What a job that has a token asks pip for."""

    @pytest.mark.parametrize("name", INSTALLERS)
    def test_jobs_that_push_tags_install_packages_with_hashes(self, name: str) -> None:
        (install,) = [step for step in every_step(WORKFLOWS[name]) if step.get("name", "").startswith("Install")]
        assert install["run"].splitlines()[-1] == INSTALLERS[name]
        assert "pip" not in WORKFLOWS[name].read_text().replace("pipefail", "")

    @pytest.mark.parametrize("name", ["github-promote.yml", "github-registry.yml"])
    def test_templates_that_install_a_teams_packages_name_headway_by_its_commit(self, name: str) -> None:
        assert re.search(r"@[0-9a-f]{40}$", load(WORKFLOWS[name])["env"]["HEADWAY"])

    def test_the_job_that_installs_everything_may_only_write_deployments(self) -> None:
        (install,) = [step for step in every_step(CI / "deploy.yml") if step.get("name") == "Install"]
        assert install["run"].startswith("make install\n")
        writes = {name for name, level in job(CI / "deploy.yml")["permissions"].items() if level == "write"}
        assert writes == {"deployments", "id-token"}


class TestLock:
    def test_it_holds_every_package_of_headways_core_and_no_other(self) -> None:
        assert locked("promote.txt").keys() == needed(["dvc-headway"]) - {"dvc-headway"}

    def test_it_is_what_the_tests_run_on(self) -> None:
        assert {name: each.specifier for name, each in locked("promote.txt").items()}.items() <= pinned().items()

    def test_the_tools_that_build_are_locked_as_well(self) -> None:
        tools = locked("promote-build.txt")
        assert builds(tools)
        assert tools.keys() >= {"setuptools", "wheel"}, "by which the one package is built that has no wheel"
        assert locked("build.txt").keys() <= tools.keys()

    def test_only_one_package_is_built_from_source(self) -> None:
        script = (ROOT / "scripts/install-promote").read_text()
        (built,) = re.findall(r"--no-binary (\S+)", script)
        assert built in locked("promote.txt")
        downloads = [line for line in script.splitlines() if line.startswith("install --") and "--no-deps" not in line]
        assert len(downloads) == 2
        assert all("--require-hashes --only-binary :all: " in line for line in downloads)

    def test_a_make_target_writes_these_files_with_their_hashes(self) -> None:
        """As ``make lock`` does, which ends in it."""
        command = ["make", "--dry-run", "--no-print-directory", "lock-hashes"]
        planned = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        lines = planned.replace("\\\n", "").splitlines()
        written = {line.rpartition("-o ")[2]: line for line in lines}
        assert written.keys() == {path.relative_to(ROOT).as_posix() for path in LOCKS.iterdir()}
        assert all("--generate-hashes -c constraints.txt" in line for line in written.values())
        assert re.search(r"^lock:.*\n(\t.*\n)*\t\$\(MAKE\) lock-hashes$", (ROOT / "Makefile").read_text(), re.MULTILINE)
