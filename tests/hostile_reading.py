"""What a trusted job does with the bytes of a report.json, short of drawing: shared by the tests and the fuzzer."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import msgspec
from rendered import github
from samples import HOSTILE, digits_report, hostile_report, make_report, shown

from headway.errors import ReportFileError
from headway.publish.fork.limits import decode_report
from headway.publish.post import PostableReport
from headway.report import codec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from headway.values.report import Report

HOME = "https://images.example/"
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 2**31, 2**53 + 1, 2**63, -(2**64), 10**30, 10**400),
    *(0.5, -0.0, 5e-324, 1e308, -1e308, "NaN", "Infinity"),
    *("", " ", HOSTILE, "a" * 700, "../x.png", "charts/x.png", "/etc/passwd", "\x00", "1", "2025-01-01T00:00:00Z"),
    *([], {}, [[]], [None], {"": {}}, [0] * 300, ["x"] * 300, [["y"] * 50] * 50),
    *("line", "scatter", "bar", "confusion", "image", "vega", "nominal", "temporal", "markdown", "removed"),
]
"""Values that some field will not expect."""


def _seeds() -> Iterator[bytes]:
    yield codec.encode(make_report("acc 0.9 -> 0.92 higher", "lr 0.1 -> 0.2"))
    yield codec.encode(digits_report())
    hostile = hostile_report()
    charts = tuple(msgspec.structs.replace(chart, image=None) for chart in hostile.charts)
    includes = tuple(section for section in hostile.includes if section.form != "image")
    yield codec.encode(msgspec.structs.replace(hostile, charts=charts, includes=includes))


SEEDS = list(_seeds())
"""Reports to begin with; every one of them is valid."""


def read(data: bytes, *amounts: float) -> Report | None:
    """Read under a fork's limits, write and render, in full or only so much of it.

    Raises:
        AssertionError: something in it reaches out of the report.
        Exception: anything but ReportFileError is a defect.
    """
    try:
        fit = decode_report(data)
    except ReportFileError:
        return None
    codec.decode(codec.encode(fit))
    PostableReport(folders=(), reports=(fit,)).status("", "")
    for amount in amounts or (1.0,):
        page = github(shown(fit, amount, image_url=_image_url))
        assert not page.elements("a")
        assert all((image["src"] or "").startswith(HOME) for image in page.elements("img"))
        assert not page.linked_by_a_forge
    return fit


def _image_url(path: str) -> str:
    return HOME + base64.urlsafe_b64encode(path.encode()).decode()


def mutated(data: bytes, random: Random) -> bytes | None:
    """The report with one value replaced, removed, repeated, or put in another's place; none where it is no JSON."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    places = list(_places(document)) if isinstance(document, dict | list) else []
    if not places:
        return None
    holder, key = random.choice(places)
    match random.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.extend([holder[key]] * random.choice((1, 10, 100)))
        case 2:
            other, name = random.choice(places)
            holder[key] = json.loads(json.dumps(other[name]))
        case _:
            holder[key] = random.choice(JUNK)
    return json.dumps(document).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every entry of every list and table, with what holds it."""
    for key, inner in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)
