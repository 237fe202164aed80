"""What a person still has to do after ``headway init``, in order."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from headway.app.scaffold.github import KEYS
from headway.app.scaffold.repository import PYTHONS
from headway.ci.job import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.app.scaffold.plan import Plan
    from headway.ci.job import ForgeKind

_TOKENS: dict[ForgeKind, str] = {
    "gitlab": "a project access token with the scope `api` and the role Developer, as the masked CI/CD variable",
    "bitbucket": "a repository access token with the scopes pullrequest and repository, as the secured variable",
}
_WHERE: dict[ForgeKind, str] = {
    "github": "as secrets of the repository (Settings, Secrets and variables, Actions)",
    "gitlab": "as masked CI/CD variables",
    "bitbucket": "as secured repository variables",
}


def next_steps(plan: Plan, forge: ForgeKind | None) -> list[str]:
    """One sentence for each step, with commands in backquotes."""
    return [*_settings(plan), *_by_hand(plan), *_pipeline(plan, forge), *_commit(plan)]


def _settings(plan: Plan) -> Iterator[str]:
    files = [file.path for file in plan.files if file.path.endswith("headway.yaml")]
    if files:
        yield f"Confirm each line of {' and '.join(files)}; `headway rules` shows which rule applies to each metric."


def _by_hand(plan: Plan) -> Iterator[str]:
    yield from (f"Add the lines above to {file.path}." for file in plan.files if file.outcome == "by hand")


def _pipeline(plan: Plan, forge: ForgeKind | None) -> Iterator[str]:
    if forge is None:
        yield "Choose where the report is posted: `headway init --forge github`, or gitlab, or bitbucket."
        return
    if plan.present:
        return
    if plan.superseded:
        names = " ".join(plan.superseded)
        yield f"Remove what these workflows replace, or each request gets two comments: `git rm {names}`."
    if forge == "github" and plan.jobs.source.is_known and "github" not in plan.jobs.source.host:
        yield f"Push a copy of Headway to your GitHub, because workflows use no action of {plan.jobs.source.host}."
    if not plan.jobs.source.is_known:
        yield (
            f"Replace {plan.jobs.source.url} and its commit with your team's copy of Headway, or run "
            "`headway init --force --source URL@COMMIT`."
        )
    if refuses := plan.jobs.repository.refuses:
        yield (
            f"Widen requires-python in {plan.jobs.repository.requirements}, which is {refuses}: Headway is tested on "
            f"Python {PYTHONS[0]} to {PYTHONS[-1]}, so the job cannot install the project."
        )
    yield from _variables(plan, forge)


def _variables(plan: Plan, forge: ForgeKind) -> Iterator[str]:
    if forge in _TOKENS:
        yield f"Store {_TOKENS[forge]} {TOKENS[forge][1]}."
    if plan.jobs.secrets:
        names = " and ".join(plan.jobs.secrets)
        yield f"Store {names} {_WHERE[forge]}; give them read access to the data, and nothing else."
    if plan.jobs.forks and (others := [name for name in plan.jobs.secrets if name not in KEYS]):
        yield f"The workflows for forks pass on no {others[0]}: without it, the report names the stale stages only."
    if plan.jobs.needs_address:
        yield "Set the variable DVC_REMOTE_URL: .dvc/config names a folder of this machine, which no CI job can read."


def _commit(plan: Plan) -> Iterator[str]:
    changed = [file for file in plan.files if file.outcome in ("create", "extend")]
    written = [*plan.uncommitted, *(file.path for file in changed if not file.is_generated)]
    yield "Run `headway doctor`, which finds what is still missing before CI does."
    if written:
        names = " ".join(map(shlex.quote, written))
        yield (
            f"Commit them on a branch: `git switch --create add-headway && git add {names} && git commit --message "
            "'Add Headway'`. Push it, and open a pull request: the report is its first comment."
        )
