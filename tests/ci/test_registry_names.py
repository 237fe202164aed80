"""Names of the registry: what is accepted here, GTO and git accept as well, and tags are those that GTO writes."""

from __future__ import annotations

import pygit2
import pytest
from gto.constants import tag_re
from hypothesis import given
from hypothesis import strategies as st

from headway.values.registry.names import (
    artifact_of_tag,
    is_artifact,
    is_full_sha,
    is_stage,
    is_version,
    stage_tag,
    version_tag,
)

ACCEPTED = ["digits", "a", "a-b/c_d", "A1", "models/de:digits", "a.b/c:d/e", "_x:y", "x.locks:c", "a/-b:c"]
REFUSED = {
    "empty": "",
    "a dot": "digits.onnx",
    "two slashes": "a//b",
    "two slashes in the folder": "a//b:c",
    "the folder above": "../a:b",
    "this folder": "./a:b",
    "a hidden folder": ".a:b",
    "two dots": "a..b:c",
    "a dot at the end of a folder": "a./b:c",
    "a lock of git's": "a.lock:b",
    "a lock of git's above": "a.lock/b:c",
    "the root": "/a:b",
    "an option": "-a:b",
    "a slash before the colon": "a/:b",
    "two folders": "a:b:c",
    "a line break": "digits\n",
    "another script": "\u0434igits",
    "a space": "a b",
    "a hyphen at the end": "digits-",
    "a tag": "digits#production",
    "an equals sign": "models=digits",
}
VERSIONS = ["v0.0.1", "v1.2.0", "v10.20.30", "v1.0.0-rc.1", "v1.0.0-0a+build.5", "v1.0.0+20261129"]
NO_VERSIONS = ["1.2.0", "v1.2", "v01.2.0", "v1.2.0-01", "v1.\u0662.0", "v1.2.0\n", "v1.2.0!", "latest", "v3", ""]
_names = st.from_regex(r"[a-c0_./:=-]{1,12}", fullmatch=True)


def read_by_gto(tag: str) -> tuple[str | None, ...]:
    """Artifact, version, stage and counter, by GTO's own pattern; empty where it is no tag of GTO's."""
    found = tag_re.search(tag)
    return (found["artifact"].replace("=", ":"), found["version"], found["stage"], found["counter"]) if found else ()


@pytest.mark.parametrize("name", ACCEPTED)
def test_artifacts(name: str) -> None:
    assert is_artifact(name)


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_what_names_no_artifact(name: str) -> None:
    assert not is_artifact(name)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions(version: str) -> None:
    assert is_version(version)
    assert read_by_gto(version_tag("models/de:digits", version)) == ("models/de:digits", version, None, None)


@pytest.mark.parametrize("text", NO_VERSIONS)
def test_what_is_no_version(text: str) -> None:
    assert not is_version(text)


def test_stages_have_no_folder() -> None:
    assert is_stage("production")
    assert is_stage("eu/production-2")
    assert not any(is_stage(text) for text in ("eu:production", "production!", "-production", "production\n", "", "#"))


def test_only_a_full_sha_is_one() -> None:
    assert is_full_sha("0123456789abcdef" * 2 + "01234567")
    assert not any(is_full_sha(text) for text in ("0" * 39, "0" * 41, "A" * 40, "0" * 40 + "\n", "HEAD"))


@given(_names)
def test_a_name_makes_a_tag_that_git_takes_and_gto_reads_as_meant(name: str) -> None:
    if not is_artifact(name):
        return
    tag = stage_tag(name, "production", 7)
    assert pygit2.reference_is_valid_name(f"refs/tags/{tag}")
    assert read_by_gto(tag) == (name, None, "production", "7")
    assert artifact_of_tag(tag.split("#")[0]) == name


@given(_names)
def test_of_what_both_take_only_options_and_odd_folders_are_refused(name: str) -> None:
    tag = stage_tag(name, "production", 7)
    is_odd = name[0] in "-." or "/:" in name or ".:" in name
    assert is_artifact(name) == (_is_taken(name, tag) and not is_odd)


def _is_taken(name: str, tag: str) -> bool:
    return read_by_gto(tag)[:1] == (name,) and pygit2.reference_is_valid_name(f"refs/tags/{tag}")
