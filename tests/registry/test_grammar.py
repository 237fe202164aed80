"""The names of tags, as GTO itself reads and writes them."""

from __future__ import annotations

import pytest
from gto.constants import Action
from gto.tag import name_tag, parse_name
from hypothesis import given
from hypothesis import strategies as st

from headway.registry.grammar import TagName, parse_tag, write_tag
from headway.registry.versions import next_version, version_key
from headway.values.registry.names import ARTIFACT, STAGE, VERSION

ACTIONS = {
    "register": Action.REGISTER,
    "deregister": Action.DEREGISTER,
    "assign": Action.ASSIGN,
    "unassign": Action.UNASSIGN,
    "deprecate": Action.DEPRECATE,
}
ARTIFACTS = st.from_regex(ARTIFACT, fullmatch=True).filter(lambda name: len(name) < 60)
STAGES = st.from_regex(STAGE, fullmatch=True).filter(lambda name: len(name) < 60)
VERSIONS = st.from_regex(VERSION, fullmatch=True).filter(lambda name: len(name) < 60)
COUNTERS = st.integers(min_value=0, max_value=10**17)
NAMES = st.one_of(
    st.builds(
        TagName,
        artifact=ARTIFACTS,
        action=st.sampled_from(["register", "deregister"]),
        version=VERSIONS,
        counter=COUNTERS,
    ),
    st.builds(
        TagName, artifact=ARTIFACTS, action=st.sampled_from(["assign", "unassign"]), stage=STAGES, counter=COUNTERS
    ),
    st.builds(TagName, artifact=ARTIFACTS, action=st.just("deprecate"), counter=COUNTERS),
)


@pytest.mark.hypothesis
@given(NAMES)
def test_what_is_written_is_read_by_us_and_by_gto(name: TagName) -> None:
    written = write_tag(name)
    assert parse_tag(written) == name
    found = parse_name(written)
    assert found["name"] == name.artifact
    assert found["action"] == ACTIONS[name.action]
    assert found.get("version", "") == name.version
    assert found.get("stage", "") == name.stage
    assert found.get("counter", 0) == name.counter


@pytest.mark.parametrize("action", ["register", "deregister", "assign", "unassign", "deprecate"])
def test_the_simple_form_is_the_one_that_gto_writes(action: str) -> None:
    version = "v1.2.0" if "register" in action else ""
    stage = "production" if "assign" in action else ""
    name = TagName(artifact="models/de:digits", action=action, version=version, stage=stage)  # type: ignore[arg-type]
    assert write_tag(name) == name_tag(ACTIONS[action], "models/de:digits", version, stage, simple=True)


@pytest.mark.parametrize(
    "name",
    ["v1.2.0", "release/1", "digits@1.2.0", "digits#", "#production#1", "digits#production#x", "digits@v1.2.0!x",
     "digits@created", "di.gits@v1.2.0", "digits#pro duction#1", "digits@v1.2", "digits#production#1#2",
     "digits@v1.2.0\n"],
)  # fmt: skip
def test_other_tags_are_not_the_registrys(name: str) -> None:
    assert parse_tag(name) is None


def test_versions_are_in_the_order_of_semver() -> None:
    ordered = ["v0.9.0", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta.2", "v1.0.0-beta.11",
               "v1.0.0-rc.1", "v1.0.0", "v1.2.0", "v1.10.0"]  # fmt: skip
    assert sorted(set(ordered), key=version_key) == ordered


@pytest.mark.parametrize(
    ("known", "bump", "expected"),
    [
        ([], "patch", "v0.0.1"),
        ([], "major", "v0.0.1"),
        (["v1.2.3", "v0.9.9"], "patch", "v1.2.4"),
        (["v1.2.3"], "minor", "v1.3.0"),
        (["v1.2.3"], "major", "v2.0.0"),
        (["v1.2.3", "v2.0.0-rc.1"], "patch", "v2.0.0"),
        (["v1.0.1-rc.1"], "patch", "v1.0.1"),
        (["v1.0.1-rc.1"], "minor", "v1.1.0"),
        (["v1.0.1-rc.1"], "major", "v2.0.0"),
        (["v1.1.0-rc.1"], "minor", "v1.1.0"),
        (["v1.9.0", "v1.10.0"], "patch", "v1.10.1"),
    ],
)
def test_the_next_version_follows_the_highest(known: list[str], bump: str, expected: str) -> None:
    assert next_version(known, bump) == expected  # type: ignore[arg-type]
