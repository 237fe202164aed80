from __future__ import annotations

import json
import math

import pytest
from dvc.utils.serialize import parse_py

from headway.gather.read.parsing import LARGE, UnreadableError, parse, repeated_key


@pytest.mark.parametrize(
    ("path", "text", "tree"),
    [
        ("m.json", '{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("m.JSON", '{"a": 1}', {"a": 1}),
        ("m.yaml", "a: no\nb: 1e-3\n", {"a": "no", "b": 0.001}),  # YAML 1.2, as DVC reads it
        ("m.yml", "a: 0x10", {"a": 16}),
        ("m.toml", "[a]\nb = 1\n", {"a": {"b": 1}}),
        ("m.txt", "0.93", 0.93),
        ("noending", "a: 1", {"a": 1}),
        ("p.py", "LR = 0.1\nclass T:\n    seed: int = 1\nX = f()\n", {"LR": 0.1, "T": {"seed": 1}}),
    ],
)
def test_the_ending_tells_the_format(path: str, text: str, tree: object) -> None:
    assert parse(path, text.encode()) == tree


def test_what_one_reader_changes_is_not_what_the_next_one_gets() -> None:
    parse("m.yaml", b"a: {b: [1]}")["a"]["b"].append(2)
    assert parse("m.yaml", b"a: {b: [1]}") == {"a": {"b": [1]}}


PYTHON = """
LR, WIDTH = 0.1, 64
SEED: int = 3
UNSET: int
SIZES = [1, -2, 3 + 4j]
SHAPE, = 1,
BOTH = OTHER = 1
TABLE = {"a": {"b": None}, **{}}
NAMES = {"x": ("y", {"z"})}
CALLED = [f()]
KEYED = {[1]: 2} if False else 1
self.odd = 1
other.odd = 1
class Train:
    epochs = 5
    class Inner:
        rate = 1e-3
    def __init__(self, x):
        self.depth = 4
        self.other.depth = 5
        local = 6
        class Hidden:
            inside = True
    def method(self):
        self.hidden = 7
def __init__(self):
    self.top = 8
def function():
    hidden = 9
"""


def test_python_constants_are_those_that_dvc_finds() -> None:
    found = parse("p.py", PYTHON.encode())
    assert found == parse_py(PYTHON, "p.py")
    assert found["Train"] == {"epochs": 5, "Inner": {"rate": 0.001}, "depth": 4, "Hidden": {"inside": True}}


def test_a_byte_order_mark_is_no_content() -> None:
    assert parse("m.json", b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_json_may_hold_nan() -> None:
    assert math.isnan(parse("m.json", b'{"a": NaN}')["a"])


@pytest.mark.parametrize("value", [2**53 + 1, 2**64 - 59, -(2**63) - 1, 10**40 + 7])
@pytest.mark.parametrize("more", ["", "# comment\n" * LARGE], ids=["ruamel", "libyaml"])
def test_integers_are_exact_in_every_format(value: int, more: str) -> None:
    texts = {
        "m.json": f'{{"a": {value}}}',
        "m.yaml": f"a: {value}\n{more}",
        "m.toml": f"a = {value}",
        "m.py": f"a = {value}",
    }
    for path, text in texts.items():
        assert parse(path, text.encode()) == {"a": value}


@pytest.mark.parametrize(
    ("path", "text", "key"),
    [
        ("m.json", '{"a": 1, "b": 2, "a": 3}', "a"),
        ("m.JSON", '[{"b": {"c": 1, "c": 1}}]', "c"),
        ("m.json", '{"a": {"a": 1}, "b": {"a": 2}}', None),
        ("m.yaml", '{"a": 1, "a": 3}', None),  # an error already
    ],
)
def test_a_key_that_one_object_names_twice_is_found(path: str, text: str, key: str | None) -> None:
    assert repeated_key(path, text.encode()) == key


@pytest.mark.parametrize(
    ("path", "data", "what"),
    [
        ("m.json", b'{"a": 1,\n "b" 2}', "is not valid JSON: line 2: Expecting ':' delimiter"),
        ("m.json", b'{"a": ' + b"9" * 5000 + b"}", "contains an integer of more than 4,300 digits"),
        ("m.json", b" \n", "is empty"),
        ("m.yaml", b"", "is empty"),
        ("m.yaml", b"a: 1\nb: [1, 2\n", "is not valid YAML: line 3: "),
        ("m.yaml", b"a: 2025-01-99\n", "is not valid YAML: "),
        ("m.yaml", b"a: !!python/object:x 1\n", "is not valid YAML: line 1: could not determine a constructor"),
        ("m.yaml", b"a: 1\n---\nb: 2\n", "is not valid YAML: line "),
        ("m.toml", b"a = \n", "is not valid TOML: "),
        ("m.json", b'{"a": 1,\n"b": "\xff"}', "is not UTF-8 text (line 2)"),
        ("p.py", b"a = 1\ndef (:\n", "is not valid Python: line 2: "),
        ("p.py", b"a = 1\0", "is not valid Python: "),
    ],
)
def test_what_is_wrong_is_said_with_its_line(path: str, data: bytes, what: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse(path, data)
    assert str(caught.value).startswith(what)


def deep(levels: int) -> bytes:
    return b'{"a": ' * levels + b"1" + b"}" * levels


def bomb(first: str, more: str, levels: int = 7) -> bytes:
    """Nine entries a level, each all of the level before."""
    return (
        f"a0: &a0 {first}\n".encode()
        + "".join(f"a{level}: &a{level} {more.replace('@', f'*a{level - 1}')}\n" for level in range(1, levels)).encode()
    )


DEEP, MANY, LONG = "nested more than 100 levels deep", "contains more than 100,000 values", "integer of more than 4,300"
BOUNDS = {
    "JSON": ("m.json", deep(5000), DEEP),
    "JSON that Python reads": ("m.json", deep(101), DEEP),
    "lists": ("m.json", b"[" * 101 + b"]" * 101, DEEP),
    "YAML": ("m.yaml", deep(5000), DEEP),
    "YAML by its indentation": ("m.yaml", b"".join(b" " * level + b"a:\n" for level in range(2000)), DEEP),
    "TOML": ("m.toml", b"a = " + b"[" * 5000 + b"]" * 5000, DEEP),
    "a key of TOML": ("m.toml", b".".join([b"a"] * 1_000_000) + b" = 1", DEEP),
    "a quoted key of TOML": ("m.toml", b"[ " + b" . ".join([b'"a"'] * 200) + b" ]", DEEP),
    "Python's parentheses": ("p.py", b"a = " + b"(" * 250 + b")" * 250, "too many nested parentheses"),
    "Python's signs": ("p.py", b"a = " + b"-" * 100_000 + b"1", DEEP),
    "Python's sums": ("p.py", b"a = " + b"+".join([b"1"] * 100_000), DEEP),
    "lists of aliases": ("m.yaml", bomb("[x, x, x]", "[@, @, @, @, @, @, @, @, @]"), MANY),
    "mappings of aliases": ("m.yaml", bomb("{b: 1, c: 1}", "{b: @, c: @, d: @, e: @, f: @}", 9), MANY),
    "merged mappings": ("m.yaml", bomb("{b: 1, c: 1}", "{<<: [@, @, @, @, @, @, @, @, @]}", 30), MANY),
    "an alias of itself": ("m.yaml", b"a: &a {b: *a}", "contains itself"),
    "digits in JSON": ("m.json", b'{"a": ' + b"7" * 1_000_000 + b"}", LONG),
    "digits in YAML": ("m.yaml", b"a: 0x" + b"F" * 200_000, LONG),
    "digits in TOML": ("m.toml", b"a = " + b"7" * 1_000_000, LONG),
    "digits in Python": ("p.py", b"a = " + b"7" * 1_000_000, LONG),
    "bytes of YAML": ("m.yaml", b"a: 1\n" * 2_000_000, "is YAML of more than 8 MiB"),
    "bytes of TOML": ("m.toml", b"a = 1\n" * 2_000_000, "is TOML of more than 8 MiB"),
    "bytes of Python": ("p.py", b"a = 1\n" * 200_000, "is Python of more than 1 MiB"),
}


@pytest.mark.parametrize("case", BOUNDS.values(), ids=BOUNDS)
def test_what_costs_too_much_is_refused(case: tuple[str, bytes, str]) -> None:
    path, data, what = case
    with pytest.raises(UnreadableError, match=what):
        parse(path, data)


@pytest.mark.parametrize("path", ["m.json", "m.yaml"])
def test_a_hundred_levels_are_read(path: str) -> None:
    assert parse(path, deep(100)) == json.loads(deep(100))


def test_keys_of_toml_beside_dotted_text_are_read() -> None:
    text = "a.b = '" + "x." * 200 + "'\nc = \"" + "y." * 90 + '"\n' + "[d.e.f]\ng = 0.5\n" * 1
    assert parse("m.toml", text.encode())["d"] == {"e": {"f": {"g": 0.5}}}


def test_yaml_anchors_used_twice_write_nothing(
    recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert parse("m.yaml", b"a: &x 1\nb: &x 2\nc: *x\n") == {"a": 1, "b": 2, "c": 2}
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")
