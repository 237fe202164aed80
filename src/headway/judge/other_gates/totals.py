"""All gates of a report together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.values.gate import Gates, overall

if TYPE_CHECKING:
    from msgspec import UnsetType

    from headway.values.gate import GateOutcome, OtherGate


def with_others(gates: Gates | UnsetType, others: tuple[OtherGate, ...]) -> Gates | UnsetType:
    """The gates that were judged, and others on no metric; unset if no gate is declared."""
    if not others:
        return gates
    found = gates or Gates(outcome="pass")
    failed = (*found.failed, *_named(others, "fail"))
    warned = (*found.warned, *_named(others, "warn"))
    return msgspec.structs.replace(
        found,
        outcome=overall(failed, warned),
        failed=failed,
        warned=warned,
        passed=found.passed + len(_named(others, "pass")),
        cannot_tell=found.cannot_tell + len(_named(others, "cannot_tell")),
        others=(*found.others, *others),
    )


def _named(others: tuple[OtherGate, ...], outcome: GateOutcome) -> list[str]:
    return [gate.name for gate in others if gate.outcome == outcome]
