"""Whether a rule is at least as strict as another: key by key, over the tables that the settings consist of.

A change is a loosening unless the new value is known to be at least as strict, because Headway cannot tell what another
estimator or another column lets through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headway.settings import (
    DataRule,
    GateLimits,
    GateRule,
    MetricRule,
    PredictionsRule,
    Range,
    Tolerance,
    TrainingRule,
)
from headway.values.gate import REFERENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from headway.values.gate import GatePolicy, Reference

    AsStrict = Callable[[Any, Any], bool]
    """Whether the second value is at least as strict as the first."""


_POLICIES: tuple[GatePolicy, ...] = ("pass", "warn", "fail")


class Difference(NamedTuple):
    """A value that differs between two rules; see :class:`~headway.values.rules.RuleChange`."""

    field: str
    base: str
    head: str
    loosened: bool


def _adds(old: object, new: object) -> bool:  # noqa: ARG001 - as all others
    """What says something where nothing was said."""
    return old in (None, "", ())


def _never(old: object, new: object) -> bool:  # noqa: ARG001 - as all others
    return False


def _no_more(old: float | None, new: float | None) -> bool:
    """What is tolerated; without a value, nothing is."""
    return (new or 0) <= (old or 0)


def _at_most(old: float | None, new: float | None) -> bool:
    """A limit from above; without a value, there is none."""
    return old is None or (new is not None and new <= old)


def _at_least(old: float | None, new: float | None) -> bool:
    """A limit from below; without a value, there is none."""
    return old is None or (new is not None and new >= old)


def _covers(old: Collection[object] | None, new: Collection[object] | None) -> bool:
    """Names that are all checked. ``None`` lets Headway choose them, which may be more or fewer."""
    return old is not None and set(old) <= set(new or ())


def _within(old: Collection[object], new: Collection[object]) -> bool:
    """Names that are all allowed; without any, everything is."""
    return not old or (bool(new) and set(new) <= set(old))


def _no_softer(old: GatePolicy | None, new: GatePolicy | None) -> bool:
    """What a rule that cannot tell means; the default may be either of the softer two."""
    strictest, softest = (_POLICIES.index(policy or default) for policy, default in ((old, "warn"), (new, "pass")))
    return softest >= strictest


def _as_many_references(old: Collection[Reference] | None, new: Collection[Reference] | None) -> bool:
    """What head is judged against; by default, everything."""
    return set(old or REFERENCES) <= set(new or REFERENCES)


_GATE: dict[str, AsStrict] = {
    "margin": _at_most,
    "require_improvement": _at_least,
    "min": _at_least,
    "max": _at_most,
    "max_regression": _at_most,
    "max_improvement": _at_most,
    "max_slowdown": _at_most,
    "on_cannot_tell": _no_softer,
    "against": _as_many_references,
}
_AS_STRICT: dict[type, dict[str, AsStrict]] = {
    MetricRule: {"machine": _no_more, "margin": _no_more, "predictions": _never},
    GateRule: _GATE,
    GateLimits: _GATE,
    Tolerance: {"absolute": _at_most, "relative": _at_most},
    PredictionsRule: {"*": _never, "overlap": _at_least, "slices": _covers},
    DataRule: {"required": _covers, "splits": _covers, "labels": _within, "max_class_share_change": _at_most},
    TrainingRule: {
        "best_before_last": _at_least,
        "finite": _at_least,
        "max_gap": _at_most,
        "on_cannot_tell": _no_softer,
    },
    Range: {"min": _at_least, "max": _at_most},
}
"""How the keys of each table are compared; ``*`` is any other key, by default one that may only be added.

Tables that are not listed are compared as a whole.
"""
_SECTIONS: Mapping[str, AsStrict] = {"evaluation": _covers, "base": _never}


def differences(section: str, old: object, new: object) -> Iterator[Difference]:
    """What differs between two rules under one key of the settings, value by value; ``None`` is no rule."""
    yield from _differences("", old, new, _SECTIONS.get(section, _adds))


def _differences(field: str, old: Any, new: Any, is_as_strict: AsStrict) -> Iterator[Difference]:  # noqa: ANN401 - whatever the settings hold
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old | new:
            yield from _differences(_below(field, key), old.get(key), new.get(key), _adds)
    elif type(old) is type(new) and type(old) in _AS_STRICT:
        keys = _AS_STRICT[type(old)]
        for key in old.__struct_fields__:
            how = keys.get(key) or keys.get("*", _adds)
            yield from _differences(_below(field, key), getattr(old, key), getattr(new, key), how)
    else:
        yield Difference(field, _written(old), _written(new), not is_as_strict(old, new))


def _below(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key


def _written(value: object) -> str:
    """A value as text, a table without its defaults."""
    if value is None or value == "":
        return "none"
    return value if isinstance(value, str) else msgspec.json.encode(_declared(value)).decode()


def _declared(value: object) -> object:
    """A table without its defaults, a whole number without decimals, and any other value as it is."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, msgspec.Struct):
        return value
    given = [field for field in msgspec.structs.fields(value) if getattr(value, field.name) != field.default]
    return {field.encode_name: getattr(value, field.name) for field in given}
