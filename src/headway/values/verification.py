"""Whether ``dvc.lock`` is up to date with the workspace."""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.comparison import StageChange
from headway.values.count import Count
from headway.values.problem import Problem

Verdict = Literal["verified", "stale", "modified", "missing"]


class ModifiedOut(msgspec.Struct, frozen=True, kw_only=True):
    """An output that differs from what dvc.lock or its ``.dvc`` file records.

    Attributes:
        path: the output, relative to the project's root.
        owner: the stage or ``.dvc`` file that records the output.
        state: ``modified`` if the content differs, ``deleted`` if git tracks the output but it is missing.
        files: the files of a folder that differ, relative to it.
    """

    path: str
    owner: str
    state: Literal["modified", "deleted"]
    files: tuple[str, ...] = ()


class MissingOut(msgspec.Struct, frozen=True, kw_only=True):
    """An output that dvc.lock or a ``.dvc`` file records but the remote lacks.

    Attributes:
        path: the output, relative to the project's root.
        owner: the stage or ``.dvc`` file that records the output; ``dvc push OWNER`` uploads it.
        remote: the remote's name; empty if none is configured.
        objects: the number of missing objects, including a folder's listing.
        files: the missing files of a folder, relative to it.
    """

    path: str
    owner: str
    remote: str
    objects: Count
    files: tuple[str, ...] = ()


class NotRunCached(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that DVC's run cache cannot restore, so DVC runs it again when you return to an earlier state.

    Attributes:
        stage: the stage's address.
        outs: the outputs that prevent it: DVC does not cache them, and they are neither metrics nor plots.
    """

    stage: str
    outs: tuple[str, ...]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether ``dvc.lock`` was produced by the code, parameters and data in the workspace.

    Attributes:
        status: the first that applies: ``stale``, a stage is stale; ``modified``, an output differs from what dvc.lock
            records; ``missing``, the remote lacks an object; ``verified``, none of these. Items that could not be
            checked are in ``unchecked``.
        stages: the stale stages in pipeline order. The ``base`` of a cause is the value in dvc.lock, ``head`` the value
            in the workspace.
        pull: what you must pull before ``dvc repro`` detects that a stage is stale: DVC does not compare the files of a
            tracked folder that is missing from the workspace.
        modified: the outputs that differ from what is recorded.
        missing: the outputs that the remote lacks. Without ``--remote``, only folders whose listing is needed but found
            neither in the cache nor in a local remote.
        uncommitted: lock files, ``.dvc`` files and outputs in git with uncommitted changes. They do not affect
            ``status``.
        unchecked: what could not be checked, and how you can check it.
        remote: the remotes that were asked for all objects; empty if none was.
        not_run_cached: the stages that DVC's run cache cannot restore. They do not affect ``status``.
    """

    status: Verdict
    stages: tuple[StageChange, ...] = ()
    pull: tuple[str, ...] = ()
    modified: tuple[ModifiedOut, ...] = ()
    missing: tuple[MissingOut, ...] = ()
    uncommitted: tuple[str, ...] = ()
    unchecked: tuple[Problem, ...] = ()
    remote: tuple[str, ...] = ()
    not_run_cached: tuple[NotRunCached, ...] = ()
