"""``headway stages``, ``promote`` and ``rollback`` on real repositories with a real remote."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from registries import RULES, Answer, at, trained
from registry.test_readers import tag_all
from repos import Project

if TYPE_CHECKING:
    from pathlib import Path


FORCED = ("--force", "--reason", "test")


def tags(project: Project) -> list[str]:
    """The tags of the remote."""
    lines = project.git("ls-remote", "--refs", "--tags", "origin").splitlines()
    return sorted(line.partition("refs/tags/")[2] for line in lines)


def to_production(headway: Any, number: int) -> Answer:
    """Register a version, and give it both stages, the first one by force."""
    assert headway("promote", "digits", at(number), "--to", "staging", "--force", "--reason", "test").code == 0
    found: Answer = headway("promote", "digits", "--to", "production")
    return found


def test_a_better_version_goes_from_a_commit_to_production(project: Project, headway: Any) -> None:
    assert "v0.0.1 to staging" in headway("promote", "digits", at(1), "--to", "staging").out
    assert "v0.0.1 to production" in headway("promote", "digits", "--to", "production").out
    better = headway("promote", "digits", at(2), "--to", "staging", "--json").json
    assert better["action"] == "promoted"
    assert (better["version"], better["replaced"]) == ("v0.0.2", "v0.0.1")
    assert (better["registered"], better["tag"]) == ("digits@v0.0.2", "digits#staging#2")
    assert better["judgement"]["decision"] == "improved"
    assert tags(project) == [
        "digits#production#1",
        "digits#staging#1",
        "digits#staging#2",
        "digits@v0.0.1",
        "digits@v0.0.2",
    ]


def test_a_worse_version_is_refused_and_leaves_nothing_behind(project: Project, headway: Any) -> None:
    headway("promote", "digits", at(2), "--to", "staging")
    before = tags(project)
    refused = headway("promote", "digits", at(3), "--to", "staging")
    assert refused.code == 1
    assert "accuracy got worse" in refused.out
    command = refused.out.partition("To promote it all the same: ")[2].partition("  #")[0]
    assert tags(project) == before
    assert project.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines() == before
    project.paste(command)
    assert "digits#staging#2" in tags(project)


def test_a_reason_is_needed_to_force_and_stands_in_the_tag(project: Project, headway: Any) -> None:
    headway("promote", "digits", at(2), "--to", "staging")
    assert headway("promote", "digits", at(4), "--to", "staging", "--force").code == 2
    forced = headway(
        "promote", "digits", at(4), "--to", "staging", "--force", "--reason", "hotfix", "--approver", "ada"
    )
    assert forced.code == 0
    message = project.git("for-each-ref", "--format=%(contents)", "refs/tags/digits#staging#2")
    assert "Headway-Decision: forced" in message
    assert "Headway-Reason: hotfix" in message
    assert "Headway-Stated-By: ada" in message
    assert "Headway-Approved-By" not in message
    assert "said to be approved by ada" in " ".join(headway("stages").out.split())


@pytest.mark.slow
def test_a_stage_lets_a_version_be_worse_within_its_margin_alone(headway: Any) -> None:
    to_production(headway, 2)
    within = to_production(headway, 3)
    assert within.code == 0, within.out
    beyond = to_production(headway, 4)
    assert beyond.code == 1
    assert "the gate of metrics.json:accuracy fails" in beyond.out


def test_a_margin_holds_whatever_the_rule_of_the_versions_is_called(project: Project, headway: Any) -> None:
    """The stage's margin is of the settings that are checked out; those of the versions have another pattern."""
    older = RULES.replace("accuracy: {direction", '"metrics.json:acc*": {direction').replace(
        ", gate: {margin: 0.1, min: 0.3}", ""
    )
    project.write("headway.yaml", older.partition("stages:")[0])
    trained(project, 900).commit()
    trained(project, 500).commit()
    project.git("push", "--quiet", "origin", "main")
    project.write("headway.yaml", RULES.replace("{}", "{margins: {accuracy: 0.05}}"))
    assert headway("promote", "digits", "main~1", "--to", "staging").code == 0
    refused = headway("promote", "digits", "main", "--to", "staging")
    assert refused.code == 1
    assert "accuracy is worse by more than 0.05" in refused.out


@pytest.mark.slow
def test_a_margin_excuses_its_own_metric_alone(project: Project, headway: Any) -> None:
    rules = RULES.replace("predictions:", "  recall: {direction: higher, estimator: recall}\npredictions:")
    project.write("headway.yaml", rules)
    for wrong in (0, 1):  # the negatives, then the positives
        rows = [(row % 2, int(row % 2 != int(row % 2 == wrong and row < 400))) for row in range(1000)]
        table = "".join(
            f"r{place},{actual},{1 - abs(actual - int(right))}\n" for place, (actual, right) in enumerate(rows)
        )
        project.write("predictions.csv", f"id,actual,predicted\n{table}")
        recall = sum(right for actual, right in rows if actual) / 500
        project.json("metrics.json", {"accuracy": 0.8, "recall": recall}).commit()
    project.git("push", "--quiet", "origin", "main")
    assert headway("promote", "digits", "main~1", "--to", "staging", *FORCED).code == 0
    assert headway("promote", "digits", "--to", "production", *FORCED).code == 0
    assert headway("promote", "digits", "main", "--to", "staging", *FORCED).code == 0
    refused = headway("promote", "digits", "--to", "production")
    assert refused.code == 1, refused.err
    assert "refused: recall got worse" in refused.out


def test_a_margin_of_no_metric_is_no_margin(project: Project, headway: Any) -> None:
    project.write(
        "headway.yaml",
        RULES.replace("{}", "{margins: {accuracy: 0.05}}").replace("metrics:\n", "metrics:\n  f2: higher\n"),
    )
    headway("promote", "digits", at(1), "--to", "staging")
    project.write(
        "headway.yaml", RULES.replace("{}", "{margins: {f2: 0.05}}").replace("metrics:\n", "metrics:\n  f2: higher\n")
    )
    refused = headway("promote", "digits", at(2), "--to", "staging")
    assert refused.code == 1
    assert "the margin of f2 applies to no metric" in refused.out


def test_a_rollback_is_no_way_around_the_comparison(headway: Any) -> None:
    to_production(headway, 1)
    headway("promote", "digits", at(5), "--to", "staging", *FORCED)
    refused = headway("rollback", "digits", "--in", "production", "--to", "v0.0.2")
    assert refused.code == 3
    assert "digits v0.0.2 has never been in production" in refused.err


def test_the_first_version_of_a_stage_is_judged_by_the_limits_of_its_own_values(headway: Any) -> None:
    refused = headway("promote", "digits", at(5), "--to", "staging")
    assert refused.code == 1
    assert "the gate of metrics.json:accuracy fails" in refused.out
    assert headway("promote", "digits", at(4), "--to", "staging").code == 0


def test_metrics_without_predictions_show_no_improvement(project: Project, headway: Any) -> None:
    project.write("headway.yaml", "metrics:\n  accuracy: higher\n")
    for right in (700, 900):
        project.remove("predictions.csv") if right == 700 else None
        project.json("metrics.json", {"accuracy": right / 1000}).commit()
    project.git("push", "--quiet", "origin", "main")
    assert headway("promote", "digits", "main~1", "--to", "staging").code == 0
    refused = headway("promote", "digits", "main", "--to", "staging")
    assert refused.code == 1
    assert "nothing shows whether the change is real" in refused.out


def test_promoting_what_has_the_stage_does_nothing(project: Project, headway: Any) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    before = tags(project)
    again = headway("promote", "digits", "v0.0.1", "--to", "staging", "--json")
    assert again.code == 0
    assert again.json["action"] == "unchanged"
    assert tags(project) == before


def test_a_dry_run_decides_and_writes_nothing(project: Project, headway: Any) -> None:
    planned = headway("promote", "digits", at(1), "--to", "staging", "--dry-run", "--json").json
    assert planned["action"] == "would_promote"
    assert (planned["registered"], planned["tag"]) == ("digits@v0.0.1", "digits#staging#1")
    assert tags(project) == []
    assert project.git("tag") == ""


def test_a_stage_wants_the_one_before(headway: Any) -> None:
    refused = headway("promote", "digits", at(1), "--to", "production")
    assert refused.code == 3
    assert "has not been in staging" in refused.err
    nothing = headway("promote", "digits", "--to", "production")
    assert nothing.code == 3
    assert "No version of digits is in staging." in nothing.err


def test_an_undeclared_stage_is_a_mistake_in_the_settings(headway: Any) -> None:
    wrong = headway("promote", "digits", at(1), "--to", "prodution")
    assert wrong.code == 2
    assert "Did you mean 'production'?" in wrong.err


def test_rollbacks_go_back_one_version_each_and_dvc_and_gto_follow(project: Project, headway: Any) -> None:
    for number in (1, 2, 3):
        to_production(headway, number)
    for expected in ("v0.0.2", "v0.0.1"):
        back = headway("rollback", "digits", "--in", "production", "--json").json
        assert (back["action"], back["version"]) == ("rolled_back", expected)
        commit = project.git("rev-parse", f"digits@{expected}^{{commit}}")
        with project.dvc() as repo:
            assert repo.artifacts.get_rev("digits", stage="production") == commit
    end = headway("rollback", "digits", "--in", "production")
    assert end.code == 3
    assert "no version to give production of digits back to" in end.err
    named = headway("rollback", "digits", "--in", "production", "--to", "v0.0.3", "--json").json
    assert (named["version"], named["replaced"]) == ("v0.0.3", "v0.0.1")


@pytest.mark.slow
def test_a_rollback_from_a_version_that_is_gone_does_nothing(headway: Any) -> None:
    for number in (1, 2):
        to_production(headway, number)
    assert headway("rollback", "digits", "--in", "production", "--from", "v0.0.2").code == 0
    again = headway("rollback", "digits", "--in", "production", "--from", "v0.0.2", "--json").json
    assert (again["action"], again["version"]) == ("unchanged", "v0.0.1")


@pytest.mark.slow
def test_stages_tells_what_is_where_with_which_evidence(headway: Any) -> None:
    to_production(headway, 1)
    to_production(headway, 2)
    (entry,) = headway("stages", "--json").json
    assert (entry["artifact"], entry["latest"], entry["versions"]) == ("digits", "v0.0.2", ["v0.0.2", "v0.0.1"])
    production = next(each for each in entry["stages"] if each["stage"] == "production")
    assert (production["version"], production["by"]) == ("v0.0.2", "Ada <ada@example.com>")
    assert production["record"]["against"] == "v0.0.1"
    assert production["notes"] == []
    shown = headway("stages").out
    assert "better than v0.0.1" in shown
    assert headway("stages", "digits", "--in", "production", "--history").out.count("production") == 2


@pytest.mark.slow
def test_the_evidence_of_a_tag_is_computed_again(project: Project, headway: Any) -> None:
    to_production(headway, 1)
    to_production(headway, 2)
    checked = headway("stages", "--verify", "--json")
    assert checked.code == 0
    assert {each["evidence"] for each in checked.json[0]["stages"]} == {"reproduced"}
    message = project.git("for-each-ref", "--format=%(contents)", "refs/tags/digits#production#2")
    digest = message.partition("sha256:")[2][:64]
    forged = message.replace(digest, "0" * 64)
    project.git("tag", "--annotate", "--message", forged, "digits#production#3", "digits@v0.0.2^{commit}")
    wrong = headway("stages", "--in", "production", "--verify")
    assert wrong.code == 1
    assert "differs" in " ".join(wrong.out.split())


def test_signatures_are_made_by_git_and_checked(project: Project, headway: Any, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingkey": str(key),
        "gpg.ssh.allowedSignersFile": str(allowed),
    }.items():
        project.git("config", name, value)
    assert headway("promote", "digits", at(1), "--to", "staging", "--sign").code == 0
    assert project.git("verify-tag", "digits#staging#1") == ""
    (entry,) = headway("stages", "--verify", "--json").json
    assert entry["stages"][0]["signature"] == "good signature"
    assert entry["stages"][0]["record"]["decision"] == "first"
    allowed.write_text("")
    bad = headway("stages", "--verify")
    assert bad.code == 1
    assert "bad signature" in " ".join(bad.out.split())


def test_a_clone_without_tags_is_told_so_and_the_remedy_mends_it(
    project: Project, headway: Any, tmp_path: Path
) -> None:
    to_production(headway, 1)
    clone = Project(tmp_path / "clone", git=False)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.git("remote", "add", "origin", project.git("remote", "get-url", "origin"))
    clone.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+main:refs/remotes/origin/main")
    clone.git("checkout", "--quiet", "main")
    refused = headway("stages", on=clone)
    assert refused.code == 3
    assert "This clone has no tags." in refused.err
    how = ("--force", "--reason", "test", "--dry-run", "--json")
    planned = headway("promote", "digits", "main", "--to", "staging", *how, on=clone).json
    assert (planned["version"], planned["replaced"]) == ("v0.0.2", "v0.0.1"), "the remote's tags count"
    for tag in clone.git("tag").splitlines():
        clone.git("tag", "--delete", tag)
    clone.paste(refused.err.splitlines()[-1].strip())
    assert "production" in headway("stages", on=clone).out


def test_a_stage_that_gto_and_dvc_read_differently_is_not_guessed(
    project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        to_production(headway, number)
    time = int(project.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/digits#production#2"))
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{time + 60} +0000")
    project.git("tag", "--annotate", "--message=gone", "digits#production!#9", "digits@v0.0.2^{commit}")
    project.git("push", "--quiet", "origin", "digits#production!#9")
    refused = headway("promote", "digits", "v0.0.2", "--to", "production")
    assert refused.code == 3
    assert "v0.0.1 by the counters, v0.0.1 by gto show, v0.0.2 by dvc artifacts get" in refused.err
    assert "takes v0.0.2" in headway("stages").out
    assert "Rolled digits back to v0.0.1" in project.paste(refused.err.splitlines()[-1].strip())
    assert "takes" not in headway("stages").out


@pytest.mark.slow
def test_a_deregistered_version_does_not_keep_its_stage(
    project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_production(headway, 1)
    time = int(project.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/digits#production#1"))
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{time + 60} +0000")
    project.git("tag", "--annotate", "--message=gone", "digits@v0.0.1!", "digits@v0.0.1^{commit}")
    project.git("push", "--quiet", "origin", "digits@v0.0.1!")
    second = to_production(headway, 2)
    assert second.code == 0, second.err
    assert "Promoted digits v0.0.2 to production." in second.out


@pytest.mark.slow
def test_a_tag_from_the_future_is_refused_and_a_fast_clock_is_followed(
    project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    time = int(project.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/digits#staging#1"))
    for ahead, code in ((300, 0), (86_400, 3)):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{time + ahead} +0000")
        name = f"digits@v9.0.{ahead}"
        project.git("tag", "--annotate", "--message=m", name, at(5))
        project.git("push", "--quiet", "origin", name)
        candidate = at(2) if ahead == 300 else at(3)
        answer = headway("promote", "digits", candidate, "--to", "staging", "--force", "--reason", "test")
        assert answer.code == code, answer.err
    assert "is from the future, by 24" in answer.err
    new = int(project.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/digits#staging#2"))
    assert new > time + 300


def test_a_misspelt_artifact_is_not_registered(project: Project, headway: Any) -> None:
    refused = headway("promote", "digts", at(1), "--to", "staging", *FORCED)
    assert refused.code == 3
    assert "does not declare the artifact 'digts'" in refused.err
    assert "It declares digits." in refused.err
    assert tags(project) == []


@pytest.mark.slow
def test_versions_that_cannot_be_compared_are_an_error_that_can_be_forced(project: Project, headway: Any) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    project.write("dvc.yaml", "artifacts: [").commit("broken")
    project.git("push", "--quiet", "origin", "main")
    time = int(project.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/digits@v0.0.1"))
    tag_all(project, [("digits@v0.1.0", project.git("rev-parse", "main"), time)])
    project.git("push", "--quiet", "origin", "digits@v0.1.0")
    refused = headway("promote", "digits", "v0.1.0", "--to", "staging")
    assert refused.code == 3, refused.out
    forced = headway("promote", "digits", "v0.1.0", "--to", "staging", *FORCED)
    assert forced.code == 0, forced.err
    assert "the versions cannot be compared" in forced.out


def test_a_commit_that_nobody_has_pushed_is_not_published_by_its_tag(project: Project, headway: Any) -> None:
    trained(project, 900).commit("local")
    refused = headway("promote", "digits", "HEAD", "--to", "staging")
    assert refused.code == 3
    assert "is on no branch of 'origin'" in refused.err
    assert tags(project) == []


def test_an_unknown_version_and_an_unknown_commit_are_named(headway: Any) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    assert "digits has no version v7.0.0." in headway("promote", "digits", "v7.0.0", "--to", "staging").err
    assert "no commit 'no-such-branch'" in headway("promote", "digits", "no-such-branch", "--to", "staging").err
    assert "cannot be the name of an artifact" in headway("promote", "x..", "main", "--to", "staging").err


def test_a_remote_without_tags_has_no_versions(project: Project, headway: Any) -> None:
    refused = headway("stages")
    assert refused.code == 3
    assert "The registry has no versions yet." in project.paste(refused.err.splitlines()[-1].strip())


def test_a_repository_without_a_remote_keeps_its_own_tags(origin: Project, headway: Any, tmp_path: Path) -> None:
    alone = origin.copied(tmp_path / "alone")
    assert headway("stages", on=alone).out == "The registry has no versions yet.\n"
    assert headway("promote", "digits", at(1), "--to", "staging", on=alone).code == 0
    assert alone.git("tag").splitlines() == ["digits#staging#1", "digits@v0.0.1"]


@pytest.mark.slow
def test_an_artifact_of_a_monorepo_is_judged_by_its_own_project(tmp_path: Path, headway: Any) -> None:
    project = Project(tmp_path / "mono", subdir="models/de")
    project.dvc_yaml({"metrics": ["metrics.json"], "artifacts": {"digits": {"path": "model.bin"}}})
    project.write("headway.yaml", RULES)
    for right in (700, 800):
        trained(project, right).commit()
    assert headway("promote", "models/de:digits", "main~1", "--to", "staging", on=project).code == 0
    better = headway("promote", "models/de:digits", "main", "--to", "staging", "--json", on=project).json
    assert better["judgement"]["decision"] == "improved"
    assert "models/de=digits#staging#2" in project.git("tag").splitlines()


@pytest.mark.slow
def test_git_without_a_name_for_the_author_is_told_how_to_get_one(
    project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(variable)
    project.git("config", "user.useConfigOnly", "true")
    refused = headway("promote", "digits", at(1), "--to", "staging")
    assert refused.code == 3
    assert "git has no name for the author" in refused.err
    project.paste(refused.err.splitlines()[-1].strip())
    assert headway("promote", "digits", at(1), "--to", "staging").code == 0


def test_the_report_behind_a_promotion_is_written_and_has_the_recorded_hash(headway: Any, tmp_path: Path) -> None:
    file = tmp_path / "evidence" / "report.json"
    outcome = headway("promote", "digits", at(1), "--to", "staging", "--report", str(file), "--json").json
    assert outcome["judgement"]["report"] == f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
