"""What settings name that neither side of a comparison has: a typing error, or a name that is no longer used."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from headway.compare.metrics import closest_key, matches
from headway.judge.other_gates.approvals import is_meant, nearest_name, noun_of
from headway.paths import is_below

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from headway.judge.other_gates.approvals import States
    from headway.settings import MetricRule
    from headway.values.gate import GateSubject

_WILDCARDS = frozenset("*?[")


class UnknownName(NamedTuple):
    """A key of the settings that matches nothing.

    Attributes:
        path: the keys that lead to it, from the top.
        what: what is wrong with it, to follow these keys.
        nearest: the name that may be meant; empty if none is alike.
    """

    path: tuple[str, ...]
    what: str
    nearest: str = ""


def unknown_metrics(
    rules: Mapping[str, MetricRule], names: Collection[tuple[str, str]], unavailable: Collection[str] = ()
) -> Iterator[UnknownName]:
    """The patterns under `metrics` that match none of the metrics, given by file and key; none if there are no metrics.

    A pattern with a wildcard and without a gate may match nothing: several projects can have the same rules. One that
    may mean a metric of a file that is unavailable is not unknown, nor one for what ``headway speed`` measures.
    """
    for pattern, rule in rules.items():
        is_optional = rule.gate is None and not _WILDCARDS.isdisjoint(pattern)
        is_known = is_optional or rule.machine or _may_be_in(pattern, unavailable)
        if names and not is_known and not any(matches(pattern, *name) for name in names):
            known = {f"{file}:{key}" if ":" in pattern else key for file, key in names}
            nearest = closest_key(pattern, sorted(known)) or ""
            yield UnknownName(("metrics", pattern), "matches no metric", nearest)


def unknown_approvals(
    on: GateSubject, patterns: Iterable[str], states: States, unavailable: Collection[str] = ()
) -> Iterator[UnknownName]:
    """The patterns of gates on data or parameters that match nothing; none if there is nothing that they may match.

    One that may mean a parameter of a file that is unavailable is not unknown.
    """
    for pattern in patterns:
        is_known = not states or _may_be_in(pattern, unavailable) or any(is_meant(pattern, *name) for name in states)
        if not is_known:
            what = f"matches no {noun_of(on)}"
            yield UnknownName(("gates", on, pattern), what, nearest_name(pattern, states))


def _may_be_in(pattern: str, files: Collection[str]) -> bool:
    """Whether a pattern may mean a key of one of the files, or of a file in one of them that is a folder.

    A colon parts a file from a key, but keys have colons, too.
    """
    ends = [place for place, character in enumerate(pattern) if character == ":"]
    return bool(files) and (not ends or any(_may_mean(pattern[:end], file) for end in ends for file in files))


def _may_mean(named: str, file: str) -> bool:
    inside = f"{file}/{posixpath.basename(named)}"
    return is_below(named, file) or fnmatchcase(file, named) or fnmatchcase(inside, named)
