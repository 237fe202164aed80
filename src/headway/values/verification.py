"""Whether ``dvc.lock`` matches the workspace, as a value."""

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
        owner: the stage or ``.dvc`` file that records it.
        state: ``modified`` if its content differs, ``deleted`` if git tracks it and it is missing.
        files: the files of a folder that differ, relative to it.
    """

    path: str
    owner: str
    state: Literal["modified", "deleted"]
    files: tuple[str, ...] = ()


class MissingOut(msgspec.Struct, frozen=True, kw_only=True):
    """An output that dvc.lock or a ``.dvc`` file records and the remote lacks.

    Attributes:
        path: the output, relative to the project's root.
        owner: the stage or ``.dvc`` file that records it; ``dvc push OWNER`` pushes it.
        remote: the remote's name; empty if none is configured.
        objects: how many of its objects are missing, including a folder's listing.
        files: the files of a folder that are missing, relative to it.
    """

    path: str
    owner: str
    remote: str
    objects: Count
    files: tuple[str, ...] = ()


class NotRunCached(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that DVC runs again although it has run with the same inputs before, because its run cache skips it.

    Attributes:
        stage: its address.
        outs: the outputs that are the reason: DVC does not cache them, and they are neither metrics nor plots.
    """

    stage: str
    outs: tuple[str, ...]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether ``dvc.lock`` matches the code, parameters and data in the workspace.

    Attributes:
        status: ``verified``, or the first of these that applies: ``stale``: a stage is stale; ``modified``: an output
            differs from what is recorded; ``missing``: the remote lacks an object. If it is ``verified``, also read
            ``unchecked``.
        stages: the stale stages in pipeline order. A cause's ``base`` is what dvc.lock records, its ``head`` what the
            workspace contains.
        pull: the files that must be pulled before ``dvc repro`` notices that a stage is stale, because DVC does not
            compare single files of a tracked folder that is not pulled.
        modified: the outputs that differ from what is recorded.
        missing: the outputs that the remote lacks. Without ``--remote``, only folders whose listing is needed and is
            neither in the cache nor in a remote on this machine.
        uncommitted: lock files, ``.dvc`` files and outputs in git that differ from the last commit. They do not change
            the status.
        unchecked: what could not be checked, and how to check it.
        not_run_cached: the stages that DVC's run cache does not restore. They do not change the status.
        remote: the remotes that were checked for every file; empty without ``--remote``.
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
