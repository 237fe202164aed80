"""Whether ``dvc.lock`` is the product of what the workspace holds, as a value."""

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
        state: ``modified`` where its bytes differ, ``deleted`` where git tracks it and it is not there.
        files: of a folder, the files that differ, relative to it.
    """

    path: str
    owner: str
    state: Literal["modified", "deleted"]
    files: tuple[str, ...] = ()


class MissingOut(msgspec.Struct, frozen=True, kw_only=True):
    """An output that the lock or a ``.dvc`` file records and the remote does not hold.

    Attributes:
        path: the output, relative to the project's root.
        owner: the stage or ``.dvc`` file that records it; ``dvc push OWNER`` sends it.
        remote: the remote's name; empty where none is configured.
        objects: how many of its objects are missing, a folder's listing among them.
        files: of a folder, the files that are missing, relative to it; the listing itself has no name.
    """

    path: str
    owner: str
    remote: str
    objects: Count
    files: tuple[str, ...] = ()


class NotRunCached(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that DVC runs again where it has run before, because its run cache leaves the stage out.

    Attributes:
        stage: its address.
        outs: the outputs that are the reason: DVC does not cache them, and they are neither metrics nor plots.
    """

    stage: str
    outs: tuple[str, ...]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Is ``dvc.lock`` the product of this code, these parameters and this data?

    Attributes:
        status: ``verified``, or the first that holds of: ``stale`` a stage is stale, ``modified`` an output differs
            from what is recorded, ``missing`` the remote lacks an object. Read ``unchecked`` beside ``verified``.
        stages: the stale stages in pipeline order. A cause's ``base`` is what dvc.lock records, its ``head`` what is
            here.
        pull: what must be pulled before ``dvc repro`` notices that a stage is stale: of a tracked folder that is not
            here, DVC does not compare the single files.
        modified: the outputs that differ from what is recorded.
        missing: the outputs that the remote lacks, where it was asked. Without ``--remote`` only the folders whose
            lists of files are needed, and are neither in the cache nor in a remote on this machine, or none is
            configured.
        uncommitted: lock files, ``.dvc`` files and outputs kept in git that git has not committed as they are; says
            nothing against the lock.
        unchecked: what cannot be known here, and how it could be.
        not_run_cached: the stages that run again where DVC could bring back what they made; says nothing against
            the lock.
        remote: the remotes that were asked for everything; empty where none was.
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
