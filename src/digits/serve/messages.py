"""What the service reads and writes as JSON, typed; and every bad row of a request by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from digits.dataset import LEVELS, SIZE
from digits.inference.samples import (
    PIXEL_RULE,
    BadCell,
    BadRowsError,
    InputError,
    MalformedError,
    Sample,
    SampleBuilder,
    shown,
)
from digits.inference.sources import Origin

if TYPE_CHECKING:
    from digits.inference.classifier import Prediction

Pixel = Annotated[int, msgspec.Meta(ge=0, le=LEVELS)]
PixelRow = Annotated[list[Pixel], msgspec.Meta(min_length=SIZE, max_length=SIZE)]


class InvalidDocumentError(InputError):
    """It is JSON, but not a request."""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /predict``. Each digit is checked by itself, so that all bad ones can be named."""

    digits: list[msgspec.Raw]


class Digit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One digit: 8 rows of 8 pixels; without an id, its number in the request, from 1."""

    pixels: Annotated[list[PixelRow], msgspec.Meta(min_length=SIZE, max_length=SIZE)]
    id: str | None = None


class PredictedDigit(msgspec.Struct, frozen=True):
    """The answer to one digit: the most probable class, its probability, and that of each class."""

    id: str
    digit: int
    probability: float
    probabilities: list[float]


class Predictions(msgspec.Struct, frozen=True):
    """The answer to a request."""

    model: Origin
    predictions: list[PredictedDigit]


class Health(msgspec.Struct, frozen=True):
    """The answer to ``GET /health``."""

    status: str
    model: Origin


class Failure(msgspec.Struct, frozen=True):
    """Every answer that is an error.

    Attributes:
        error: what is wrong, one sentence.
        rows: the bad cells of the first bad rows.
        more_rows: how many bad rows are not named.
    """

    error: str
    rows: tuple[BadCell, ...] = ()
    more_rows: int = 0

    @classmethod
    def of(cls, error: InputError) -> Failure:
        """The answer to digits that cannot be predicted."""
        if isinstance(error, BadRowsError):
            return cls(str(error), error.cells, error.more_rows)
        return cls(str(error))


def read_json(body: bytes, most_rows: int) -> Sample:
    """Read the body of a request.

    Raises:
        InputError: it is no such body.
    """
    try:
        request = msgspec.json.decode(body, type=Request)
    except msgspec.ValidationError as error:
        raise InvalidDocumentError(f"not a request: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"not JSON: {error}") from error
    builder = SampleBuilder(most_rows)
    for raw in request.digits:
        _add_digit(builder, raw)
    return builder.sample()


def _add_digit(builder: SampleBuilder, raw: msgspec.Raw) -> None:
    try:
        digit = msgspec.json.decode(raw, type=Digit)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        given_id, flaws = _flaws(raw)
        builder.add(given_id, b"", flaws or [("", str(error))])
    else:
        builder.add(digit.id, bytes(pixel for row in digit.pixels for pixel in row), [])


def _flaws(raw: msgspec.Raw) -> tuple[str | None, list[tuple[str, str]]]:
    """The id of a bad digit if it has one, and all that is wrong with its pixels."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, []
    if not isinstance(value, dict):
        return None, []
    given_id, pixels = value.get("id"), value.get("pixels")
    flaws = [] if given_id is None or isinstance(given_id, str) else [("id", f"{_json(given_id)} is not a string")]
    flaws += [(shown(name), "unknown field") for name in value if name not in ("id", "pixels")]
    return given_id if isinstance(given_id, str) else None, [*flaws, *_flaws_of_pixels(pixels)]


def _flaws_of_pixels(pixels: object) -> list[tuple[str, str]]:
    if not isinstance(pixels, list) or len(pixels) != SIZE:
        return [("pixels", f"not a list of {SIZE} rows")]
    flaws = []
    for row, cells in enumerate(pixels):
        if not isinstance(cells, list) or len(cells) != SIZE:
            flaws.append((f"pixels[{row}]", f"not a list of {SIZE} numbers"))
            continue
        flaws += [
            (f"pixels[{row}][{column}]", f"{_json(cell)} is not {PIXEL_RULE}")
            for column, cell in enumerate(cells)
            if type(cell) is not int or not 0 <= cell <= LEVELS
        ]
    return flaws


def _json(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 40 else f"{text[:40]}..."  # noqa: PLR2004 - as long as other quotes


def write_json(prediction: Prediction, origin: Origin) -> bytes:
    """The body of the answer."""
    rows = zip(prediction.ids, prediction.digits, prediction.probabilities.tolist(), strict=True)
    return to_json(Predictions(origin, [PredictedDigit(i, d, max(p), p) for i, d, p in rows]))


def to_json(answer: msgspec.Struct) -> bytes:
    """An answer as one line, which a terminal shows as one."""
    return msgspec.json.encode(answer) + b"\n"
