"""The comparison behind a promotion: the candidate beside the version that has the stage, on the data of both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from headway.app.comparison import Request, compare_sides, open_sides, report_of
from headway.errors import RepositoryError, UndeclaredArtifactError
from headway.gather.artifacts import require_artifact
from headway.judge.promotion import judge_promotion, promotion_settings
from headway.report import codec
from headway.report.sections.headline import headline
from headway.values.registry.records import Judgement

if TYPE_CHECKING:
    from headway.app.comparison import Sides
    from headway.registry.state import Version
    from headway.settings import StageRule
    from headway.values.report import Report


@dataclass
class VersionJudge:
    """Compares two versions by the rules of a stage.

    Attributes:
        request: how to compare; base and head are the versions' commits.
        rule: the rule of the stage.
        artifact: the artifact whose versions they are.
        force: whether a version may be promoted that cannot be compared.
        report: the last comparison; ``None`` before the first.
    """

    request: Request
    rule: StageRule
    artifact: str
    force: bool = False
    report: Report | None = None

    def __call__(self, against: Version | None, candidate: Version) -> Judgement:
        """Whether the candidate may replace the other version.

        Raises:
            RepositoryError: they cannot be compared, or the candidate is to become a version of an artifact that its
                commit does not declare.
        """
        rule = msgspec.json.encode(self.rule).decode()
        try:
            declares = "" if candidate.tag else self.artifact
            self.report = compare_versions(self.request, against and against.commit, candidate.commit, declares)
        except UndeclaredArtifactError:
            raise
        except RepositoryError as error:
            if not self.force:
                raise
            self.report = None
            reason = " ".join(filter(None, (error.what, error.why))).rstrip(".")
            return Judgement(decision=None, reasons=(f"the versions cannot be compared: {reason}",), rule=rule)
        ruling = judge_promotion(self.report, self.rule, is_first=against is None)
        beside = f" against {against.name}" if against else ""
        return Judgement(
            decision=ruling.decision,
            summary=f"{headline(self.report).sentence}{beside}",
            reasons=ruling.reasons,
            gates=self.report.gates.outcome if self.report.gates else "",
            report=digest(self.report),
            rule=rule,
        )


def compare_versions(request: Request, against: str | None, candidate: str, declares: str = "") -> Report:
    """Compare two commits, without charts.

    Args:
        request: how to compare.
        against: the commit of the version that has the stage; ``None`` to judge the candidate alone, by its own rules.
        candidate: the commit of the candidate.
        declares: an artifact that the candidate must declare; empty for none.

    Raises:
        UndeclaredArtifactError: it does not.
        RepositoryError: a commit cannot be read.
        SettingsError: the candidate's settings cannot be used.
    """
    asked = replace(request, base=against, head=candidate)
    with open_sides(asked, has_base=against is not None, needs_base=True) as sides:
        if declares:
            require_artifact(sides.head, sides.project, declares)
        judged = _as_versions(sides, is_first=against is None)
        return report_of(compare_sides(judged), judged, None)


def _as_versions(sides: Sides, *, is_first: bool) -> Sides:
    settings = promotion_settings(sides.settings, is_first=is_first)
    base = settings if is_first else promotion_settings(sides.base_settings, is_first=False)
    return replace(sides, settings=settings, base_settings=base, open_anchor=lambda: None)


def digest(report: Report) -> str:
    """The hash of a report as a tag records it."""
    return f"sha256:{hashlib.sha256(codec.encode(report)).hexdigest()}"
