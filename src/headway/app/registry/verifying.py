"""``headway stages --verify``: whether tags are signed, and whether their evidence can be computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from headway._version import __version__
from headway.app.registry.judging import compare_versions, digest
from headway.errors import HeadwayError
from headway.gather.git.executable import GitError, run_git
from headway.judge.promotion import judge_promotion
from headway.settings import StageRule
from headway.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.app.comparison import Request
    from headway.app.registry.opening import Registry
    from headway.app.registry.stages import ArtifactEntry, StageEntry
    from headway.values.registry import Record

_LONGEST = 200
UNSIGNED = "not signed"
GOOD = "good signature"


@dataclass(frozen=True)
class Verifier:
    """Checks entries of the registry.

    Attributes:
        registry: the registry.
        request_for: how to compare versions of an artifact.
    """

    registry: Registry
    request_for: Callable[[str], Request]

    def verified(self, entry: ArtifactEntry) -> ArtifactEntry:
        """The artifact, each of its entries with what was found out."""
        stages = tuple(
            msgspec.structs.replace(each, signature=self._signature(each), evidence=self._evidence(each))
            for each in entry.stages
        )
        return msgspec.structs.replace(entry, stages=stages)

    def _signature(self, entry: StageEntry) -> str:
        content = run_git(self.registry.root, "cat-file", "tag", f"refs/tags/{entry.tag}")
        if "-----BEGIN " not in content:
            return UNSIGNED
        try:
            run_git(self.registry.root, "verify-tag", f"refs/tags/{entry.tag}")
        except GitError as error:
            return f"bad signature: {shortened(one_line(error.stderr), _LONGEST)}"
        return GOOD

    def _evidence(self, entry: StageEntry) -> str:
        record = entry.record
        if record is None or not record.report:
            return "no evidence recorded"
        if record.generator != __version__:
            return f"cannot be computed again: it is of Headway {record.generator or 'of an unknown version'}"
        try:
            return self._compared_again(entry, record)
        except msgspec.MsgspecError:
            return "cannot be computed again: its rule cannot be read"
        except HeadwayError as error:
            return f"cannot be computed again: {error.what.rstrip('.')}"

    def _compared_again(self, entry: StageEntry, record: Record) -> str:
        rule = msgspec.json.decode(record.rule, type=StageRule)
        against = record.against_sha or None
        report = compare_versions(self.request_for(entry.artifact), against, entry.commit)
        if digest(report) != record.report:
            return "differs: the comparison gives another report.json"
        ruling = judge_promotion(report, rule, is_first=against is None)
        if record.decision not in {"forced", ruling.decision}:
            return f"differs: the comparison does not say {record.decision}"
        return "reproduced"


def is_bad(entry: StageEntry) -> bool:
    """Whether a check has failed; what cannot be checked is no failure."""
    return entry.signature.startswith("bad") or entry.evidence.startswith("differs")
