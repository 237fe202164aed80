"""The event that asks for a promotion, from GitHub's file about it: every value that leaves this module is checked.

Whoever may send an event chooses every character of its payload. So a workflow hands no part of it to a shell, but
reads it here: the size is limited before anything is parsed, unknown fields are refused, and each value must match the
grammar of :mod:`headway.values.registry.names`, which has no character that means something to a shell, a terminal or
GitHub's log. Errors quote what they found in ASCII and shortened, for the same reason.

Sources: GitHub's "Webhook events and payloads", W&B's "Create a webhook automation".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headway.ci.event_fields import (
    LINE,
    LONGEST,
    NAME,
    PERSON,
    SHA,
    STAGE,
    VERSION,
    Checker,
    Rule,
    convert_payload,
    quoted,
)
from headway.ci.event_json import read_document
from headway.ci.process import process_environment
from headway.errors import SettingsError
from headway.values.registry import names as registry_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLE = re.compile(r"\$\{[^}]*\}?")
_WANDB_ALIAS = re.compile(r"latest|v[0-9]+")
_WANDB_EVENTS = ("LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS")
_WANDB_NAMES = (
    "artifact_version",
    "artifact_version_string",
    "artifact_collection_name",
    "project_name",
    "entity_name",
)
"""Fields that say for a person what the event is about; nothing else uses them."""
_EVENT_TYPE = Rule(allowed=" or ".join(_WANDB_EVENTS), is_valid=_WANDB_EVENTS.__contains__, longest=50)

Kind = Literal["headway-promotion", "wandb-promotion", "workflow_dispatch"]


class PromotionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What an event asks for; what it does not say is empty.

    Attributes:
        kind: where it comes from: the event type of a ``repository_dispatch``, or a person who started the workflow.
        name: the artifact, as in ``dvc.yaml``.
        version: its version, such as ``v1.2.0``.
        stage: the stage that it goes to.
        sha: the full SHA of the version's commit.
        tag: the tag that assigned the stage.
        author: who caused it. In W&B's events, this is what the payload says, so it proves nothing.
    """

    kind: Kind
    name: str
    version: str = ""
    stage: str
    sha: str = ""
    tag: str = ""
    author: str = ""


class _Sender(msgspec.Struct):
    login: str


class _RepositoryDispatch(msgspec.Struct):
    action: str
    client_payload: dict[str, Any]
    sender: _Sender


class _WorkflowDispatch(msgspec.Struct):
    inputs: dict[str, Any]
    sender: _Sender


class _Promotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload that a promotion by Headway sends."""

    name: str
    version: str
    stage: str
    sha: str
    tag: str


class _WandbPromotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a W&B automation: its variables, with ``name`` and ``sha`` from the artifact's metadata."""

    name: str
    sha: str
    alias: str = ""
    stage: str = ""
    event_type: str = ""
    event_author: str = ""
    artifact_version: str = ""
    artifact_version_string: str = ""
    artifact_collection_name: str = ""
    project_name: str = ""
    entity_name: str = ""


class _Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The inputs of a workflow that a person starts."""

    name: str
    stage: str
    version: str = ""


_RESEND = "Send name, version, stage, sha and tag as the promotion has them."
_MEND_WANDB = "Correct the payload in the W&B automation; docs/ci/README.md shows one."
_RESTART = "Start the workflow again with other inputs."


def event_file(environ: Mapping[str, str] | None = None) -> Path:
    """GitHub's file about the event of this job; ``None`` reads this process's environment.

    Raises:
        SettingsError: there is none.
    """
    return _named_file("GITHUB_EVENT_PATH", environ, "Name the file of an event as the argument FILE.")


def output_file(environ: Mapping[str, str] | None = None) -> Path:
    """The file that takes the outputs of this step; ``None`` reads this process's environment.

    Raises:
        SettingsError: there is none.
    """
    return _named_file("GITHUB_OUTPUT", environ, "Only GitHub Actions sets it; leave out --output elsewhere.")


def read_event(file: Path) -> PromotionEvent:
    """Read the file about an event that asks for a promotion.

    Raises:
        SettingsError: the file cannot be read, or is no such event; names the field, what it is and what is allowed.
    """
    document = read_document(file)
    if ("client_payload" in document) == ("inputs" in document):
        raise SettingsError(
            "The event asks for no promotion.",
            why="It is neither a repository_dispatch with a client_payload nor a workflow_dispatch with inputs.",
            remedy="Start the workflow on repository_dispatch or workflow_dispatch.",
        )
    if "inputs" in document:
        return _from_inputs(convert_payload(document, _WorkflowDispatch, "the event", _RESTART))
    event = convert_payload(document, _RepositoryDispatch, "the event", "Send a JSON object as client_payload.")
    reader = _READERS.get(event.action)
    if reader is None:
        raise SettingsError(
            f"The event type {quoted(event.action)} is not known.",
            why=f"Headway reads {' and '.join(_READERS)}.",
            remedy="Send one of these as event_type, and start the workflow on these types alone.",
        )
    return reader(event)


def _from_headway(event: _RepositoryDispatch) -> PromotionEvent:
    found = convert_payload(event.client_payload, _Promotion, "client_payload", _RESEND)
    checked = Checker("client_payload", found, _RESEND)
    name, stage = checked("name", NAME), checked("stage", STAGE)
    beginning = registry_names.stage_tag(name, stage, 0).removesuffix("#0")
    pattern = re.compile(rf"{re.escape(beginning)}(?:{registry_names.COUNTER})?")
    tag = Rule(
        allowed=f"{beginning}, or this with # and a counter",
        is_valid=lambda text: pattern.fullmatch(text) is not None,
        longest=LONGEST,
    )
    return PromotionEvent(
        kind="headway-promotion",
        name=name,
        version=checked.if_given("version", VERSION),
        stage=stage,
        sha=checked("sha", SHA),
        tag=checked.if_given("tag", tag),
        author=_login(event.sender),
    )


def _from_wandb(event: _RepositoryDispatch) -> PromotionEvent:
    found = convert_payload(event.client_payload, _WandbPromotion, "client_payload", _MEND_WANDB)
    _refuse_variables(found)
    checked = Checker("client_payload", found, _MEND_WANDB)
    for field in _WANDB_NAMES:
        checked.if_given(field, LINE)
    checked.if_given("event_type", _EVENT_TYPE)
    return PromotionEvent(
        kind="wandb-promotion",
        name=checked("name", NAME),
        stage=_wandb_stage(found, checked),
        sha=checked("sha", SHA),
        author=checked.if_given("event_author", PERSON) or _login(event.sender),
    )


def _from_inputs(event: _WorkflowDispatch) -> PromotionEvent:
    found = convert_payload(event.inputs, _Inputs, "inputs", _RESTART)
    checked = Checker("inputs", found, _RESTART)
    return PromotionEvent(
        kind="workflow_dispatch",
        name=checked("name", NAME),
        version=checked.if_given("version", VERSION),
        stage=checked("stage", STAGE),
        author=_login(event.sender),
    )


_READERS: Mapping[str, Callable[[_RepositoryDispatch], PromotionEvent]] = {
    "headway-promotion": _from_headway,
    "wandb-promotion": _from_wandb,
}


def _login(sender: _Sender) -> str:
    return Checker("sender", sender, "The name is GitHub's, so send the event from another account.")("login", PERSON)


def _wandb_stage(found: _WandbPromotion, checked: Checker) -> str:
    """The stage, which is the alias, or a field of its own where an event has no alias."""
    given = "alias" if found.alias else "stage"
    if not found.alias and not found.stage:
        raise SettingsError(
            "The event's `client_payload` names no stage.",
            why="Both `alias` and `stage` are empty.",
            remedy=_MEND_WANDB,
        )
    stage = checked(given, STAGE)
    if _WANDB_ALIAS.fullmatch(stage):
        raise SettingsError(
            f"The event's `client_payload.{given}` is no stage: it is '{stage}'.",
            why="W&B itself gives this alias to a new version.",
            remedy="Let the automation start only on the aliases that are stages, such as production.",
        )
    if checked.if_given("stage", STAGE) not in {"", stage}:
        raise SettingsError(
            f"The event's `client_payload` names two stages: '{found.alias}' as alias and '{found.stage}' as stage.",
            why="Only one of them can be meant.",
            remedy="Send the alias, or a stage where the event has no alias.",
        )
    return stage


def _refuse_variables(found: _WandbPromotion) -> None:
    for field, value in msgspec.structs.asdict(found).items():
        if _VARIABLE.search(value):
            raise SettingsError(
                f"W&B has not replaced the variable in `client_payload.{field}`: it is {quoted(value)}.",
                why="The automation's event has no such variable, or the artifact's metadata has no such key.",
                remedy="Log sha and name at the top level of the artifact's metadata. An automation that starts when a "
                "version is linked has no alias: send stage instead.",
            )


def _named_file(variable: str, environ: Mapping[str, str] | None, remedy: str) -> Path:
    if path := process_environment(environ).get(variable):
        return Path(path)
    raise SettingsError(f"The environment variable {variable} is not set.", remedy=remedy)
