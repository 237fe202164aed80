"""Whatever the bytes of a report.json: a report that reaches nobody, or a ReportFileError, and neither takes long.

``scripts/fuzz_report.py`` does the same for as long as one likes, guided by coverage.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hostile_reading import JUNK, SEEDS, mutated, read
from hypothesis import given
from hypothesis import strategies as st
from samples import AMOUNTS

seeds = st.sampled_from(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_are_reports(seed: bytes) -> None:
    assert read(seed) is not None


@given(seeds, st.integers(0, 2**32), st.integers(1, 4))
def test_values_that_no_field_expects(data: bytes, seed: int, times: int) -> None:
    random = Random(seed)  # noqa: S311  hypothesis repeats what fails
    for _ in range(times):
        data = mutated(data, random) or data
    read(data, *AMOUNTS.values())


@given(seeds, st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=3)), min_size=1, max_size=5))
def test_bytes_that_were_changed(data: bytes, edits: list[tuple[int, bytes]]) -> None:
    changed = bytearray(data)
    for place, value in edits:
        start = place % len(changed)
        changed[start : start + len(value)] = value
    read(bytes(changed))


@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | st.sampled_from(JUNK).map(json.dumps).map(str.encode)
)
def test_any_bytes(data: bytes) -> None:
    assert read(data) is None


ALIKE = [
    pytest.param(path, marks=pytest.mark.slow)
    for path in (
        ("metrics", 0, "change"), ("data", 0, "head", "files"), ("base", "behind"), ("base", "sha"),
        ("stages", 0, "causes", 0, "base"), ("includes", 0, "base"), ("includes", 0, "head"), ("charts", 1, "labels_x"),
        ("charts", 1, "head"), ("charts", 5, "bars"), ("notes",),
    )
]  # fmt: skip
"""Places of a kind that another one has as well: a number, a text, a list."""


@pytest.mark.parametrize(
    "path",
    [
        ("metrics", 0, "base"), ("params", 0, "head"), ("data", 0, "head", "size"), ("charts", 0, "image"),
        ("charts", 0, "series", 0, "head", "y"), ("project",), *ALIKE,
    ],
    ids=lambda path: ".".join(map(str, path)),
)  # fmt: skip
def test_each_strange_value_in_each_place(path: tuple[Any, ...]) -> None:
    for value in JUNK:
        document = json.loads(SEEDS[1])
        document["metrics"] = document["metrics"][:3]
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
        read(json.dumps(document).encode())


@pytest.mark.parametrize("depth", [10, 60, 400, 900, 100_000])
@pytest.mark.parametrize("field", ["base", "head"])
def test_values_within_values(depth: int, field: str) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    read(SEEDS[0].replace(b'"%s": 0.1' % field.encode(), b'"%s": %s' % (field.encode(), deep)))
    read(SEEDS[0].replace(b'"head": 0.2', b'"head": ' + b"[" * depth + b"]" * depth))
