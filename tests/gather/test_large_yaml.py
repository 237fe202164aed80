"""Large YAML is read in another way than small: it means what ruamel.yaml says, or is left to it."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from headway.gather.read import large_yaml
from headway.gather.read.parsing import LARGE, UnreadableError, parse

if TYPE_CHECKING:
    from repos import Opener, Project

ORDINARY = b"""\
schema: '2.0'
stages:
  train@0:
    cmd: python train.py && echo "it's done" --of 10 --a-command-that-is-long
      --and-folded  # as DVC writes it
    deps:
    - path: data/train.csv
      md5: 0123456789e1234567890123456789ab
      size: 4096
    params:
      params.yaml:
        lr: 1e-3
        mode: no
        seed: 017
        when: 2025-01-31
        none:
    outs:
    -   path: "model\\t1.bin"
        isexec: true
"""
SCALARS = (
    "a", "yes", "no", "on", "Off", "y", "True", "~", "null", "017", "0o17", "0x1F", "0b11", "1_000", "1e3", "1.", ".5",
    "-.inf", ".NaN", "1:30", "190:20:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "2001-99-99", "+1", "-0", "08",
    "=", "<<", "'a'", '"b"', '"\\x41"', "!!str 1", "-", "?", ":", "@a", "`b", "%c", "&a", "*a", "|", ">-", "[1, no]",
    "{a: 1}", "{a", "# c", "a#b", "a #b", "a:b", "a: b", "'it''s'", '"\\q"', "''", "é", "\t", "---", "...",
    "12345678901234567890", "0123456789e1234567890123456789ab", "12e03", "-x", "?x", ":x", "a b",
)  # fmt: skip
LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", " ", "  ", "    ", "- ", "  - ", "- - ", "? ", ": ", "---\n", "%YAML 1.1\n"]),
    st.sampled_from(["", "", *(f"{scalar}: " for scalar in SCALARS), *(f"{scalar}:" for scalar in SCALARS)]),
    st.sampled_from(SCALARS) | st.text("ab1 :-#'\"\\.0e|>", max_size=6) | st.just(""),
)


def slowly(data: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return YAML(typ="safe", pure=True).load(data.decode())


def test_what_dvc_writes_is_read_here() -> None:
    assert large_yaml.parse_large_yaml(ORDINARY) == slowly(ORDINARY)
    assert large_yaml.parse_large_yaml(ORDINARY)["stages"]["train@0"]["params"]["params.yaml"] == {  # type: ignore[index]  # a tree
        "lr": 0.001, "mode": "no", "seed": 17, "when": slowly(b"2025-01-31"), "none": None,
    }  # fmt: skip


@given(st.lists(LINES, max_size=6).map("\n".join))
@example("a: x\ty\n")
@example("a: x\rb: 1\n")
@example("a: 1\na: 2\n")
@example("1: a\n1.0: b\n")
@example("a: 1\n---\nb: 2\n")
def test_it_means_what_ruamel_says_or_is_left_to_it(text: str) -> None:
    found = large_yaml.parse_large_yaml(text.encode())
    if found is not None:
        assert repr(found) == repr(slowly(text.encode()))  # NaN, and 1 beside 1.0 and true


@pytest.mark.parametrize("data", [b"- " * 100_000, b"[" * 100_000, b"a:\n" + b" " * 200 + b"b: 1\n", b"", b"a: [1]"])
def test_what_is_out_of_the_ordinary_is_left_to_ruamel(data: bytes) -> None:
    assert large_yaml.parse_large_yaml(data) is None


def test_a_mistake_in_a_large_file_is_said_with_its_line() -> None:
    large = b"".join(b"k%d: 1\n" % number for number in range(LARGE // 4))
    assert len(parse("p.yaml", large)) == LARGE // 4
    with pytest.raises(UnreadableError, match=f"line {LARGE // 4 + 2}: "):
        parse("p.yaml", large + b"a: 'open\n")


def test_a_large_file_may_hold_what_is_no_number() -> None:
    assert math.isnan(parse("p.yaml", b"a: .nan\n" + b"# comment\n" * LARGE)["a"])


def test_dvc_reads_no_large_file_with_ruamel(project: Project, view: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    load = YAML.load

    def noted(yaml: YAML, text: str) -> Any:
        sizes.append(len(text))
        return load(yaml, text)

    names = [f"stage-{number}" for number in range(LARGE // 40)]
    entries = "".join(f"  {name}:\n    cmd: python {name}.py\n" for name in names)
    project.write("dvc.lock", f"schema: '2.0'\nstages:\n{entries}")
    project.dvc_yaml(f"stages:\n{entries}").commit()
    monkeypatch.setattr(YAML, "load", noted)
    assert list(view(project, "main").snapshot().stages) == names
    assert all(size < LARGE for size in sizes)
