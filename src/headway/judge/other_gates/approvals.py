"""Gates on data and parameters: what changed needs an approval: an entry of ``accepted`` in head's settings."""

from __future__ import annotations

import difflib
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Literal

from headway.compare.metrics import compare_values, matches
from headway.paths import PathIndex, is_below, normalize
from headway.values.gate import GateCheck, OtherGate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from headway.values.gate import GateOutcome, GateSubject
    from headway.values.snapshot import Snapshot

State = Literal["unchanged", "changed", "added", "removed", "unknown"]
"""What became of a path or parameter; ``unknown`` if a side cannot be read, or if its hash is of another kind."""
States = dict[tuple[str, str], State]
"""What became of each path or parameter, by file and key; a path has an empty file."""

_REASONS: dict[State, str] = {
    "changed": "it changed",
    "added": "it is new",
    "removed": "it was removed",
    "unknown": "whether it changed is unknown",
}


def data_states(base: Snapshot, head: Snapshot, incomparable: Collection[tuple[str, str]]) -> States:
    """What became of every path whose hash DVC records: data, outputs, and what stages depend on.

    Args:
        base, head: the snapshots.
        incomparable: pairs of hashes whose contents may or may not differ.
    """
    old, new = _hashes(base), _hashes(head)
    lost = not base.revision.sha or base.incomplete, head.incomplete
    paths = sorted(old.keys() | new.keys())
    return {("", path): _state(old.get(path, set()), new.get(path, set()), lost, incomparable) for path in paths}


def _hashes(side: Snapshot) -> dict[str, set[str]]:
    """The hashes of each path: that of the output if it is one, else all that stages last read.

    If dvc.lock is stale, a stage may have read another content than its ``.dvc`` file records.
    """
    outs = {path: {out.hash} for path, out in (*side.others.items(), *side.data.items())}
    read: dict[str, set[str]] = defaultdict(set)
    for stage in side.stages.values():
        for path, hash_ in stage.deps.items():
            read[path].add(hash_)
    return {**read, **outs}


def _state(old: set[str], new: set[str], lost: tuple[bool, bool], incomparable: Collection[tuple[str, str]]) -> State:
    """What became of a path; a side in ``lost`` may have what it seems to lack."""
    if not old:
        return "unknown" if lost[0] else "added"
    if not new:
        return "unknown" if lost[1] else "removed"
    if old == new:
        return "unchanged"
    return "unknown" if any(pair in incomparable for pair in product(old, new)) else "changed"


def param_states(base: Snapshot, head: Snapshot) -> States:
    """What became of every parameter."""
    unknown_files = head.params.keys() - base.params.keys() if base.incomplete or not base.revision.sha else set()
    found = compare_values(base.params, head.params, (base.unreadable | unknown_files, head.unreadable))
    return {(each.file, each.key): "unknown" if each.status == "unavailable" else each.status for each in found}


def judge_approvals(on: GateSubject, patterns: Iterable[str], states: States) -> Iterator[OtherGate]:
    """One gate for each path or parameter that changed, and for each pattern under which nothing did.

    Args:
        on: what the patterns are over.
        patterns: those of the settings.
        states: what became of everything that they may match.
    """
    seen: set[tuple[str, str]] = set()
    for pattern in patterns:
        matched = {name: state for name, state in states.items() if is_meant(pattern, *name)}
        changed = {name: state for name, state in matched.items() if state != "unchanged"}
        if not changed:
            yield _gate(on, pattern, "pass", "") if matched else _unmatched(on, pattern, states)
        for name, state in changed.items():
            if name not in seen:
                outcome: GateOutcome = "cannot_tell" if state == "unknown" else "fail"
                yield _gate(on, _written(name), outcome, _REASONS[state])
        seen.update(changed)


def is_meant(pattern: str, file: str, key: str) -> bool:
    """Whether a pattern means a parameter, or a path, which has no file; a folder means everything below it."""
    return matches(pattern, file, key) or (not file and is_below(key, normalize(pattern)))


def _unmatched(on: GateSubject, pattern: str, states: Mapping[tuple[str, str], State]) -> OtherGate:
    """A name that DVC does not know must not pass its gate unseen."""
    nearest = nearest_name(pattern, states)
    guess = f"; did you mean `{nearest}`?" if nearest else ""
    return _gate(on, pattern, "cannot_tell", f"no {noun_of(on)} matches it{guess}")


def noun_of(on: GateSubject) -> str:
    """What a gate on data or parameters is about."""
    return "path that DVC records" if on == "data" else "parameter"


def nearest_name(pattern: str, names: Collection[tuple[str, str]]) -> str:
    """The name that a pattern that matches nothing may mean; empty if none is alike.

    Of a path in a folder that DVC tracks as a whole, that is the folder, unless a path in it is alike.
    """
    folder = PathIndex(key for file, key in names if not file).holder(normalize(pattern))
    near = names if folder is None else [name for name in names if not name[0] and is_below(name[1], folder)]
    known = {_written(name) for name in near} | {key for _, key in near}
    return next(iter(difflib.get_close_matches(pattern, sorted(known), n=1)), folder or "")


def _gate(on: GateSubject, name: str, outcome: GateOutcome, reason: str) -> OtherGate:
    check = GateCheck(rule="approval", outcome=outcome, against="base", reason=reason)
    return OtherGate(on=on, name=name, outcome="warn" if outcome == "cannot_tell" else outcome, checks=(check,))


def _written(name: tuple[str, str]) -> str:
    file, key = name
    return f"{file}:{key}" if file else key
