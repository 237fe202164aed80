"""The jobs of GitHub's workflows that run Headway, as values."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from headway.app.doctor.ci_files import COMPARING, commands_in, mapping, strings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from headway.app.doctor.ci_files import CiFile

_ACTION = re.compile(r"(?:^|/)headway(?:@|$)")
_REUSABLE = re.compile(r"(?:^|/)headway/\.github/workflows/reusable-(report|post)\.ya?ml@")
"""Headway's own workflows, which a job can call as a whole."""
_CHECKOUT = "actions/checkout@"
_CHANGES = frozenset({"pull_request", "pull_request_target", "merge_group"})
EVERYTHING = "*"


class WorkflowJob(NamedTuple):
    """A job of a workflow.

    Attributes:
        file, name, id: the workflow's file, the name that other workflows know it by, and the job's key.
        events: what starts the workflow, with the options of each.
        permissions: what the job's own token may do; ``None`` if the file does not say, ``*`` for everything.
        commands: the commands of Headway that it runs; for Headway's action, those that the action runs.
        checkouts: the options of each checkout.
        text: all that its steps hold.
    """

    file: str
    name: str
    id: str
    events: Mapping[str, Any]
    permissions: Mapping[str, str] | None
    commands: Collection[str]
    checkouts: tuple[Mapping[str, Any], ...]
    text: str

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"the job {self.id} in {posixpath.basename(self.file)}"

    @property
    def compares(self) -> bool:
        """Whether it compares with a base."""
        return not COMPARING.isdisjoint(self.commands)

    @property
    def is_of_change(self) -> bool:
        """Whether its base is an earlier commit; a job on a schedule or on main compares with what is checked out."""
        is_push = "push" in self.events and "branches" not in mapping(self.events["push"])
        return is_push or not _CHANGES.isdisjoint(self.events)

    @property
    def posts(self) -> bool:
        """Whether it posts a report."""
        return "post" in self.commands

    @property
    def has_own_token(self) -> bool:
        """Whether it posts with another token than the job's own."""
        return (
            re.search(r"secrets\.(?!GITHUB_TOKEN\b)\w*(?:TOKEN|PAT)\b|create-github-app-token", self.text) is not None
        )

    @property
    def fetches_report(self) -> bool:
        """Whether it posts the report of another run, which may be a fork's."""
        return "--from-run" in self.text

    def may_write(self, what: str) -> bool:
        """Whether the job's own token has a permission to write."""
        granted = self.permissions or {}
        return "write" in (granted.get(what), granted.get(EVERYTHING))


def workflow_jobs(files: Iterable[CiFile]) -> list[WorkflowJob]:
    """Every job of GitHub's workflows that runs Headway."""
    jobs = []
    for file in files:
        if file.forge == "github" and (document := file.document):
            events = _events(document.get("on"))
            name = str(document.get("name") or file.path)
            for key, value in mapping(document.get("jobs")).items():
                job = _job(file.path, name, str(key), events, mapping(value), document.get("permissions"))
                jobs += [job] if job.commands else []
    return jobs


def _job(  # noqa: PLR0913, PLR0917 - what a job inherits from its workflow
    file: str, name: str, key: str, events: Mapping[str, Any], job: Mapping[str, Any], inherited: object
) -> WorkflowJob:
    listed = job.get("steps")
    steps = [mapping(step) for step in listed] if isinstance(listed, list) else []
    commands = set().union(*(commands_in(str(step.get("run", ""))) for step in steps))
    if any(_ACTION.search(str(step.get("uses", ""))) for step in steps):
        commands |= {"report", "post"}
    if called := _REUSABLE.search(str(job.get("uses", ""))):
        whole = {"fetch-depth": "0"}  # which this workflow of Headway's checks out
        text = "--from-run" if called[1] == "post" else ""
        permissions = _permissions(job.get("permissions", inherited))
        return WorkflowJob(file, name, key, events, permissions, {called[1]}, (whole,), text)
    checkouts = (mapping(step.get("with")) for step in steps if str(step.get("uses", "")).startswith(_CHECKOUT))
    permissions = _permissions(job.get("permissions", inherited))
    text = "\n".join((*strings(steps), *strings(job.get("env"))))
    return WorkflowJob(file, name, key, events, permissions, commands, tuple(checkouts), text)


def _events(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {value: None}
    return dict.fromkeys(map(str, value)) if isinstance(value, list) else mapping(value)


def _permissions(value: object) -> Mapping[str, str] | None:
    if isinstance(value, str):
        return {EVERYTHING: value.removesuffix("-all")}
    return {str(key): str(level) for key, level in value.items()} if isinstance(value, dict) else None
