"""``headway stages --verify``: whether tags are signed, and whether their evidence can be computed again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from headway._version import __version__
from headway.app.registry.judging import compare_versions, digest
from headway.app.registry.opening import stage_rule
from headway.errors import HeadwayError
from headway.gather.git.executable import GitError, run_git
from headway.judge.promotion import judge_promotion
from headway.settings import StageRule
from headway.text import one_line, shortened
from headway.values.registry.names import short_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from headway.app.comparison import Request
    from headway.app.registry.opening import Registry
    from headway.app.registry.stages import ArtifactEntry, StageEntry
    from headway.values.registry.records import Record
    from headway.values.report import Report

_LONGEST = 200
UNSIGNED = "not signed"
GOOD = "good signature"
_BAD = re.compile(r"\bBAD signature|Signature verification failed|revoked", re.IGNORECASE)
_LACKING = re.compile(
    r"allowedSignersFile needs to be configured|allowed keys file .*: No such file|No public key|cannot run |"
    r"is needed for ssh signature verification",
    re.IGNORECASE,
)
"""What git and the programs behind it say if the key of the signer, or the program itself, is not there."""


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
            msgspec.structs.replace(
                each,
                signature=self._signature(each),
                evidence=self._evidence(each),
                notes=(*each.notes, *self._changed_rule(each)),
            )
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
            return _unverified(error)
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
        request = replace(self.request_for(entry.artifact), settings=record.settings or None)
        report = compare_versions(request, against, entry.commit)
        if digest(report) != record.report:
            if unread := _unread(report, {"base": against or "", "head": entry.commit}):
                return f"cannot be computed again: {unread}"
            return "differs: the comparison gives another report.json"
        ruling = judge_promotion(report, rule, is_first=against is None)
        if record.decision not in {"forced", ruling.decision}:
            return f"differs: the comparison does not say {record.decision}"
        return "reproduced"

    def _changed_rule(self, entry: StageEntry) -> Iterator[str]:
        """Whether the settings have another rule for the stage now than the one that judged; nothing if unknown."""
        record = entry.record
        if not entry.current or record is None or not record.rule:
            return
        try:
            judged = msgspec.json.decode(record.rule, type=StageRule)
            now = stage_rule(self.registry.settings(entry.artifact, record.settings or None), entry.stage)
        except msgspec.MsgspecError:  # which the evidence says
            return
        except HeadwayError as error:
            yield f"Its rule cannot be compared with that of the settings now: {error.what}"
            return
        if judged != now:
            yield f"It was judged by the rule {_written(judged)}; the settings now have {_written(now)}."


def _written(rule: StageRule) -> str:
    return shortened(one_line(msgspec.json.encode(rule).decode()), _LONGEST)


def _unverified(error: GitError) -> str:
    """Why git does not accept a signature: it is wrong, or git lacks what it takes to tell."""
    lines = error.stderr.splitlines()
    lacking = "" if _BAD.search(error.stderr) else next(filter(_LACKING.search, lines), "")
    if error.returncode is None or lacking:
        return f"signature cannot be checked: {shortened(one_line(lacking or error.what), _LONGEST)}"
    return f"bad signature: {shortened(one_line(error.stderr), _LONGEST)}"


def _unread(report: Report, commits: Mapping[str, str]) -> str:
    """What a comparison could not read, as a clause; empty if it could read everything."""
    found: list[tuple[str, str, str]] = [
        *((problem.path, problem.side, problem.what) for problem in report.problems if problem.side),
        *((pairing.path, pairing.side, pairing.problem) for pairing in report.pairings if pairing.problem),
        *((each.path, "", each.what) for one in report.comparability for each in one.inputs if each.state == "unknown"),
    ]
    for path, side, what in found:
        of = f" of {short_version(commits[side])}" if side else ""
        return shortened(one_line(f"{path}{of} {what.partition(';')[0]}"), _LONGEST)
    return ""


def is_bad(entry: ArtifactEntry) -> bool:
    """Whether a check has failed; what cannot be checked is no failure, but a stage that nobody can tell is one."""
    return bool(entry.faults) or any(
        each.faults or each.signature.startswith("bad") or each.evidence.startswith("differs") for each in entry.stages
    )
