"""The file of the desired state: read with clear errors, edited without touching the rest, and compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import SettingsError
from headway.registry.desired import LIMIT, Slot, StateChange, compare_states, edit_desired, parse_desired
from headway.values.registry.names import ARTIFACT, STAGE, VERSION

PRODUCTION = Slot("digits", "production")
TEXT = b"""\
# Ours.
digits:  # the classifier
    staging: v1.2.0
    production: 'v1.1.0'  # since May

# Another team's.
"models/de:digits":
    production: "v1.0.0"
wines: {staging: v0.1.0}
"""


def lines_that_differ(one: bytes, other: bytes) -> list[tuple[bytes, bytes]]:
    pairs = zip(one.splitlines(), other.splitlines(), strict=True)
    return [pair for pair in pairs if pair[0] != pair[1]]


def test_every_slot_is_read_in_order() -> None:
    assert list(parse_desired(TEXT).items()) == [
        (("digits", "staging"), "v1.2.0"),
        (("digits", "production"), "v1.1.0"),
        (("models/de:digits", "production"), "v1.0.0"),
        (("wines", "staging"), "v0.1.0"),
    ]


@pytest.mark.parametrize("text", [b"", b"\n", b"# nothing yet\n", b"---\n", b"{}", b"digits:\n"])
def test_a_file_may_name_nothing(text: bytes) -> None:
    assert parse_desired(text) == {}


def test_an_edit_changes_one_line() -> None:
    assert lines_that_differ(TEXT, edit_desired(TEXT, PRODUCTION, "v1.2.0")) == [
        (b"    production: 'v1.1.0'  # since May", b"    production: 'v1.2.0'  # since May")
    ]


def test_a_new_stage_and_a_new_artifact_come_last() -> None:
    edited = edit_desired(b"digits:\n  staging: v1.2.0\n", PRODUCTION, "v1.2.0")
    edited = edit_desired(edited, Slot("models/de:digits", "staging"), "v1.0.0-rc.1+build")
    assert edited.decode() == (
        "digits:\n  staging: v1.2.0\n  production: v1.2.0\nmodels/de:digits:\n  staging: v1.0.0-rc.1+build\n"
    )


def test_a_file_that_is_new_says_what_it_is() -> None:
    first, second, *rest = edit_desired(b"", PRODUCTION, "v1.2.0").decode().splitlines()
    assert first.startswith("# ")
    assert second.startswith("# ")
    assert rest == ["digits:", "  production: v1.2.0"]


@pytest.mark.parametrize("text", [b"# ours\n", b"---\n# ours\n", b"# ours\n{}\n", b"# ours\ndigits:\n"])
def test_a_file_that_names_nothing_keeps_its_comment(text: bytes) -> None:
    edited = edit_desired(text, PRODUCTION, "v1.2.0")
    assert b"# ours" in edited
    assert edited.endswith(b"digits:\n  production: v1.2.0\n")
    assert edited.startswith(b"---") == text.startswith(b"---")


def test_what_is_so_already_stays_byte_for_byte() -> None:
    text = b"digits: {  production:   'v1.1.0' }\r\n\r\n"
    assert edit_desired(text, PRODUCTION, "v1.1.0") == text


def test_line_ends_stay() -> None:
    edited = edit_desired(b"digits:\r\n  production: v1.0.0\r\n", PRODUCTION, "v1.1.0")
    assert edited == b"digits:\r\n  production: v1.1.0\r\n"


@pytest.mark.parametrize("name", ["1", "true", "null", "0x10", "1e3", "on"])
def test_a_name_that_yaml_would_read_as_something_else_is_quoted(name: str) -> None:
    edited = edit_desired(b"", Slot(name, name), "v1.0.0")
    assert parse_desired(edited) == {(name, name): "v1.0.0"}


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        (b"digits: &d\n  production: v1.0.0\nwines: *d\n", PRODUCTION),
        (b"digits: &d\n  production: v1.0.0\nwines:\n  <<: *d\n", PRODUCTION),
    ],
)
def test_an_edit_that_would_change_another_slot_is_refused(text: bytes, slot: Slot) -> None:
    with pytest.raises(SettingsError, match="cannot be changed alone") as caught:
        edit_desired(text, slot, "v2.0.0")
    assert "anchor" in caught.value.why


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        (b"- digits\n", "registry.yaml is", "It holds a list."),
        (b"digits\n", "registry.yaml is", "It holds a single value."),
        (b"\ndigits: v1.0.0\n", "line 2", "Expected a mapping of stages to versions for digits, got 'v1.0.0'."),
        (b"digits: [v1.0.0]\n", "line 1", "got a list."),
        (b"digits:\n  production: 1.0.0\n", "line 2", "Expected a version, such as `v1.2.0`, got '1.0.0'."),
        (b"digits:\n  production: v1.0\n", "line 2", "got 'v1.0'."),
        (b"digits:\n  production: 1.0\n", "line 2", "got '1.0'."),
        (b"digits:\n  production:\n", "line 2", "got nothing."),
        (b"digits:\n  production: {v: 1}\n", "line 2", "got a mapping."),
        (b"digits:\n  pro duction: v1.0.0\n", "line 2", "Expected the name of a stage"),
        (b"digits:\n  1: v1.0.0\n", "line 2", "Expected the name of a stage, such as `production`, got '1'."),
        (b"a: {x: v1.0.0}\n../digits: {x: v1.0.0}\n", "line 2", "Expected the name of an artifact"),
        (b"a: {x: v1.0.0}\n? [1, 2]\n: {x: v1.0.0}\n", "line 2", "Expected the name of an artifact"),
        (b"digits: {x: v1.0.0}\ndigits: {x: v1.0.0}\n", "line 2", "duplicate key"),
        (b"digits:\n  x: v1.0.0\n y: v1.0.0\n", "line 3", "expected <block end>"),
        (b"a: {x: v1.0.0}\n--- \nb: {}\n", "line 2", "but found another document"),
        (b"!!set", "registry.yaml is not valid YAML", "attribute"),
        (b"[" * 200, "line 1", "nested more than"),
        (b"digits: \xff\xfe\n", "registry.yaml", "invalid"),
        (b"x" * (LIMIT + 1), "registry.yaml is too large", "bytes"),
        (b"digits: {x: " + b"y" * 500 + b"}\n", "line 1", "y…'"),
        (b'digits: {x: "\\e[31m\\n::error::"}\n', "line 1", "'\\x1b[31m\\n::error::'"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: bytes, where: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_desired(text)
    assert where in caught.value.what
    assert why in caught.value.why
    with pytest.raises(SettingsError):
        edit_desired(text, PRODUCTION, "v1.0.0")


@pytest.mark.parametrize("text", [b"null", b"~\n", b"---\n...\n"])
def test_an_edit_of_a_file_that_holds_nothing_in_words_is_refused(text: bytes) -> None:
    assert parse_desired(text) == {}
    with pytest.raises(SettingsError):
        edit_desired(text, PRODUCTION, "v1.0.0")


@pytest.mark.parametrize(("slot", "version"), [(Slot("../x", "s"), "v1.0.0"), (PRODUCTION, "1.0"), (PRODUCTION, "v1")])
def test_an_edit_to_something_invalid_is_refused(slot: Slot, version: str) -> None:
    with pytest.raises(SettingsError, match="not valid"):
        edit_desired(TEXT, slot, version)


def test_states_are_compared_slot_by_slot() -> None:
    old = {Slot("a", "s"): "v1.0.0", Slot("a", "p"): "v1.0.0", Slot("b", "p"): "v1.0.0"}
    new = {Slot("c", "p"): "v1.0.0", Slot("a", "p"): "v1.0.0", Slot("a", "s"): "v1.1.0"}
    assert compare_states(old, new) == [
        StateChange(Slot("c", "p"), None, "v1.0.0"),
        StateChange(Slot("a", "s"), "v1.0.0", "v1.1.0"),
        StateChange(Slot("b", "p"), "v1.0.0", None),
    ]
    assert compare_states(new, new) == []


SLOTS = st.builds(Slot, st.from_regex(ARTIFACT, fullmatch=True), st.from_regex(STAGE, fullmatch=True))
VERSIONS = st.from_regex(VERSION, fullmatch=True)


@given(st.lists(st.tuples(SLOTS, VERSIONS), max_size=8))
def test_edits_add_up_to_what_they_say(edits: list[tuple[Slot, str]]) -> None:
    data, expected = b"", dict[Slot, str]()
    for slot, version in edits:
        data = edit_desired(data, slot, version)
        expected[slot] = version
    assert parse_desired(data) == expected


@given(st.binary(max_size=60) | st.text(alphabet="ab:{}[]-&*<'\"!|#\n v1.0", max_size=40).map(str.encode))
def test_any_file_is_read_or_refused_with_a_clear_error(data: bytes) -> None:
    try:
        before = parse_desired(data)
        after = parse_desired(edit_desired(data, PRODUCTION, "v9.0.0"))
    except SettingsError:
        return
    assert after == {**before, PRODUCTION: "v9.0.0"}
