"""Which side's settings judge a comparison, and what head changes in base's rules."""

from __future__ import annotations

from typing import Literal

import msgspec

RuleSection = Literal["metrics", "predictions", "data", "evaluation", "runs", "anchor", "gates", "base"]
"""The keys of the settings whose rules judge, and therefore come from base; and `base`, which chooses this base."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between base's rules, which judge, and head's, which judge after the merge.

    Attributes:
        section: the key of the settings that the rule stands under.
        name: the pattern or path of base's rule; empty for a key that has one value for the whole project.
        field: the dotted key inside the rule, such as ``margin``; empty if the whole rule or value differs.
        base, head: what each side declares, as text; ``none`` if it declares nothing.
        loosened: whether head's value is not known to be at least as strict.
    """

    section: RuleSection
    name: str
    field: str
    base: str
    head: str
    loosened: bool


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Whose rules judge.

    Attributes:
        source: ``base``, ``head`` if base's cannot be used, or ``both`` if head adds rules for what base does not name.
        reason: why base's rules cannot be used, as a clause; empty unless ``source`` is ``head``.
        added: the patterns and paths of head's rules that judge what base's rules do not name.
        changes: what head changes in base's rules. None of these changes applies before the merge, except that of
            ``base``, which is listed only where neither the command line nor CI names the base.
    """

    source: Literal["base", "head", "both"]
    reason: str = ""
    added: tuple[str, ...] = ()
    changes: tuple[RuleChange, ...] = ()

    @property
    def loosened(self) -> tuple[RuleChange, ...]:
        """The changes after which a rule may let through what base's rule does not."""
        return tuple(change for change in self.changes if change.loosened)
