"""A gate against the base alone lets a model rot, and the page says how far; benchmarks/gates.py simulates it."""

from __future__ import annotations

import re
import sys
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import gates

POINT, MARGIN, ANCHOR = gates.RULES


def change(rule: str, rows: int) -> float:
    return float(np.mean([gates.play(gates.Stream(rule, rows, number)).change for number in range(2)]))


def test_only_an_anchor_holds_a_model_that_is_tested_on_many_rows() -> None:
    assert change(POINT, 20_000) < change(MARGIN, 20_000) < -0.05
    assert change(ANCHOR, 20_000) > -gates.MARGIN


def test_the_table_of_the_page_is_the_one_of_the_script() -> None:
    """Its numbers take minutes to compute, so only its form is compared."""
    kinds = product(gates.RULES, gates.SIZES)
    text = gates.table({gates.Stream(*kind, 0): gates.End(-0.01, 1) for kind in kinds})
    page = gates.DOCUMENT.read_text().split(gates.BEGIN)[1].split(gates.END)[0].strip()
    number = r"[+\u2212][\d.]+ pt, \d+ merged"
    assert re.sub(number, "", page) == re.sub(number, "", text)
    assert len(re.findall(number, page)) == len(gates.RULES) * len(gates.SIZES)
    assert gates.placed(gates.DOCUMENT.read_text(), page) == gates.DOCUMENT.read_text()
