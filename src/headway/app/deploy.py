"""``headway deploy``: fetch an artifact at its commit, test it, and record that as a deployment."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headway.app.registry.opening import open_registry
from headway.errors import HeadwayError, RepositoryError, SettingsError, WriteError
from headway.gather import allowed_network
from headway.gather.artifacts import fetch_artifact
from headway.public_files import refuse_links_out
from headway.registry.checks import require_agreement
from headway.remotes.running import exit_on_signal, run_command, signal_handler
from headway.values.registry.names import is_artifact, is_full_sha, is_stage, is_version
from headway.values.registry.records import Promotion
from headway.writing import move_into_place, staging_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from headway.ci.job import Job
    from headway.gather import Network, Progress
    from headway.gather.artifacts import FetchedArtifact
    from headway.publish.rollout.recording import Recording
    from headway.remotes.environment import Credentials

MODEL = "{model}"
"""What stands for the fetched file or folder in the arguments of a command."""


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What to deploy, and how to test it.

    Attributes:
        folder: a folder of the git repository.
        out: where the artifact goes, under its own name.
        command: the smoke test with its arguments; empty for none.
        environment: the command's, without what Headway adds.
        job, credentials: of the CI job.
        progress: shows the download while its context lasts.
        on_fetched: is called with the artifact before the smoke test begins.
    """

    promotion: Promotion
    folder: Path
    out: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    job: Job
    credentials: Credentials
    progress: Callable[[], AbstractContextManager[Progress]]
    on_fetched: Callable[[FetchedArtifact], None]


def promotion_of(name: str, stage: str, sha: str | None, folder: Path, *, is_rollout: bool) -> Promotion:
    """What to deploy: the version that has the stage, or for a trial any commit.

    Args:
        name, stage: the artifact, and the stage.
        sha: the full SHA of a commit; ``None`` for the version that has the stage.
        folder: a folder of the git repository.
        is_rollout: whether it is recorded as a deployment, so that a commit that does not have the stage is refused,
            such as that of an event that comes late or that nobody promoted.

    Raises:
        SettingsError: a name is not valid.
        RepositoryError: no version has the stage, another commit has it, or it is not certain which one has it.
    """
    _require_artifact(name)
    if not is_stage(stage):
        raise SettingsError(f"{stage!r} is not the name of a stage.", remedy="Name one such as production.")
    trial = None if sha is None else trial_of(name, sha, stage)
    if trial and not is_rollout:
        return trial
    found = _holder(name, stage, folder)
    if sha is not None and found.sha != sha:
        raise RepositoryError(
            f"The commit {sha[:7]} is not in {stage}: {found.label} is.",
            why="It was promoted before, or never. Only what has a stage is rolled out there.",
            remedy=f"headway deploy {shlex.quote(name)} --in {stage}  # or a trial of the commit: --no-record",
        )
    return found


def trial_of(name: str, sha: str, stage: str = "") -> Promotion:
    """An artifact of any commit, whatever stage its version has.

    Raises:
        SettingsError: a name is not valid.
    """
    _require_artifact(name)
    if not is_full_sha(sha):
        raise SettingsError(
            f"{sha!r} is not the full SHA of a commit.",
            why="A shorter SHA, a branch or a tag could mean another commit tomorrow.",
            remedy=f"git rev-parse {shlex.quote(sha)}",
        )
    return Promotion(name=name, stage=stage, sha=sha)


def _require_artifact(name: str) -> None:
    if not is_artifact(name):
        raise SettingsError(f"{name!r} is not the name of an artifact.", remedy="Name it as NAME or DIR:NAME.")


def _holder(name: str, stage: str, folder: Path) -> Promotion:
    """The version that has a stage by the tags of the remote."""
    state = open_registry(folder).tools.read(name)
    require_agreement(state, stage)
    holder = state.holder(stage)
    if holder is None:
        raise RepositoryError(
            f"No version of {name} is in {stage}.",
            why="Only a version that has a stage is rolled out there.",
            remedy=f"headway stages {shlex.quote(name)}  # which stages its versions have",
        )
    version = holder.version.name if is_version(holder.version.name) else ""
    return Promotion(name=name, version=version, stage=stage, sha=holder.version.commit, tag=holder.tag.name)


def deploy(request: DeployRequest, recording: Recording) -> int:
    """Fetch an artifact, run its smoke test, and record each step; the exit code of the test, 0 without one.

    An interrupt or a crash is recorded as an error.

    Raises:
        RepositoryError: the artifact cannot be fetched.
        WriteError: it cannot be written.
        SettingsError: the command cannot be run.
        SystemExit: a signal asked the process to end.
    """
    label = request.promotion.label
    with signal_handler(exit_on_signal):
        try:
            recording.set_state("in_progress", f"Deploying {label}.")
            artifact = _fetch(request)
            request.on_fetched(artifact)
            code = _test(request, artifact) if request.command else 0
        except BaseException as error:
            recording.set_state("error", _described(error))
            raise
        tested = "passed" if request.command else "was not asked for"
        passed = f"{label} is deployed. The smoke test {tested}."
        failed = f"The smoke test of {label} failed with exit code {code}."
        recording.set_state("failure" if code else "success", failed if code else passed)
    return code


def _described(error: BaseException) -> str:
    if isinstance(error, HeadwayError):
        return error.what
    return "Interrupted." if isinstance(error, SystemExit) else f"Headway failed: {type(error).__name__}."


def _fetch(request: DeployRequest) -> FetchedArtifact:
    with request.progress() as progress:
        network = allowed_network(True, request.job, request.credentials, progress)  # noqa: FBT003 - a setting with three values
        return fetch_into(request.out, request.promotion, request.folder, network)


def fetch_into(out: Path, promotion: Promotion, folder: Path, network: Network) -> FetchedArtifact:
    """Fetch an artifact and move it into place, so that nobody ever sees half of it there.

    Args:
        out: where it goes, under its own name.
        promotion: which one.
        folder: a folder of the git repository.
        network: what may be fetched.

    Raises:
        RepositoryError: it cannot be fetched.
        WriteError: it cannot be written.
    """
    try:
        refuse_links_out(out)
        out.mkdir(parents=True, exist_ok=True)
        with staging_folder(out) as staging:
            fetched = fetch_artifact(folder, promotion.name, promotion.sha, network, staging)
            place = out / fetched.place.name
            move_into_place(fetched.place, place)
    except OSError as error:
        raise WriteError(
            f"The artifact could not be written to {out}.",
            why=f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.",
            remedy="Free some space, or name another folder with --out.",
        ) from error
    return replace(fetched, place=place)


def _test(request: DeployRequest, artifact: FetchedArtifact) -> int:
    """Run the smoke test; its exit code."""
    signals: list[int] = []
    model = str(artifact.place)
    code = run_command(_with_model(request.command, model), _environment(request, model), signals.append)
    if signals:  # whatever the command made of it, this run was asked to end
        sys.exit(128 + signals[0])
    return code


def _with_model(command: Sequence[str], model: str) -> list[str]:
    return [argument.replace(MODEL, model) for argument in command]


def _environment(request: DeployRequest, model: str) -> dict[str, str]:
    promotion = request.promotion
    named = {"HEADWAY_MODEL": model, "HEADWAY_SHA": promotion.sha, "HEADWAY_STAGE": promotion.stage}
    return {**request.environment, **named}
