"""Format every number that a person reads, as plain text: in tables, charts, alternative texts and the terminal.

Rounding never misleads: only zero reads 0, only exactly 1 or 100% reads so, and no digit before the decimal point is
rounded away. Whatever the locale, thousands are separated by commas, and the minus sign is U+2212.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headway.values.comparison import JsonScalar

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
"""Shown for a missing value; an en dash, so that it is not taken for a minus sign."""

_WORDS = {"NaN": "NaN", "Infinity": "∞", "-Infinity": f"{MINUS}∞"}
_VALUE_DIGITS = 4
_CHANGE_DIGITS = 3
_PERCENT_DIGITS = 2
_MOST_DIGITS = 17  # enough to tell any two floats apart
_LARGEST_FIXED = 10**15
_LARGEST_WHOLE = 10**40  # every integer of 128 bits
_SMALLEST_FIXED = 1e-4
_MOST_DECIMALS, _WIDEST_FIXED = 6, 9  # of numbers that share their decimals
_GROUPED_FROM = 10_000  # 1797 reads as well as 1,797, and a year or a port stays one


def format_value(value: JsonScalar) -> str:
    """Write a metric or another single value: ``0.9733``, ``12,345``, ``true``, ``NaN``; an en dash for ``None``."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _WORDS.get(value, value)
    return _number(value, _VALUE_DIGITS, never=1)


def format_pair(base: JsonScalar, head: JsonScalar) -> tuple[str, str]:
    """Write two values side by side, with enough digits that different numbers look different."""
    base, head = _whole(base, beside=head), _whole(head, beside=base)
    pair = format_value(base), format_value(head)
    if base == head or pair[0] != pair[1] or not (_is_number(base) and _is_number(head)):
        return pair
    for digits in range(_VALUE_DIGITS + 1, _MOST_DIGITS + 1):
        pair = _number(base, digits), _number(head, digits)  # type: ignore[arg-type]  # both were just checked
        if pair[0] != pair[1]:
            return pair
    return _all_digits(base, pair[0]), _all_digits(head, pair[1])


def common_decimals(rows: Iterable[Sequence[float]], least: int | None = None, *, never: float = 1) -> int | None:
    """The decimals that numbers of one kind share, so that they line up and their changes add up.

    Values get about four significant digits. There are more where a number would read 0 or ``never`` without being it,
    where values that differ would look the same, or where a change would vanish.

    Args:
        rows: finite numbers; the last of three is the change, the others are values.
        least: the decimals of values, instead of those for four significant digits.
        never: what only the number itself may read.

    Returns:
        ``None`` where decimals suit none of the rows. A row that they do not suit, such as one with 1e-9, is ignored.
    """
    listed = [row for row in rows if row]
    if len(listed) > 1:
        listed = [row for row in listed if common_decimals([row], least, never=never) is not None]
    if not listed or any(abs(number) >= _LARGEST_FIXED for row in listed for number in row):
        return None
    decimals = _useful_decimals(listed) if least is None else least
    while decimals <= _MOST_DECIMALS and any(_misleads(row, decimals, never) for row in listed):
        decimals += 1
    width = decimals + len(str(int(max(abs(number) for row in listed for number in row))))
    return decimals if decimals <= _MOST_DECIMALS and (width <= _WIDEST_FIXED or not decimals) else None


def as_percentage(share: float) -> float:
    """A share in percent, free of binary rounding: 0.07 is 7."""
    return share * 100 if isinstance(share, int) else float(Decimal(repr(share)) * 100)


def format_decimals(value: float, decimals: int) -> str:
    """Write a number with so many decimals: ``0.9700``."""
    return _grouped(_fixed(value, decimals)).replace("-", MINUS)


def format_change(change: float | None, decimals: int | None = None) -> str:
    """Write head minus base with its sign: ``+0.0033``, ``0`` for no change."""
    if change is None:
        return MISSING
    if decimals is not None and change:
        return _signed(change, format_decimals(abs(change), decimals))
    return _signed(change, _number(abs(change), _CHANGE_DIGITS))


def interval_decimals(low: float, high: float) -> int | None:
    """The decimals that give half of an interval two significant digits; more would promise what it does not hold.

    ``None`` where decimals do not suit the numbers, such as those of 1e-9.
    """
    half = high / 2 - low / 2  # the difference of large numbers may overflow
    if half <= 0 or max(abs(low), abs(high)) >= _LARGEST_FIXED:
        return None
    decimals = max(1 - math.floor(math.log10(half)), 0)
    return decimals if decimals <= _MOST_DECIMALS else None


def format_relative(share: float | None) -> str:
    """Write a relative change as a signed percentage: ``+1.2%``; 0.5 is ``+50%``."""
    if share is None:
        return MISSING
    return _signed(share, _number(abs(share) * 100, _PERCENT_DIGITS, never=100)) + "%"


def format_share(share: float) -> str:
    """Write a part of a whole as a percentage without a sign: 0.973 is ``97.3%``."""
    return _number(share * 100, _CHANGE_DIGITS, never=100) + "%"


def format_bytes(size: int | None) -> str:
    """Write a size in decimal units, as the forges do: ``812 bytes``, ``1.2 kB``, ``34 MB``."""
    if size is None:
        return MISSING
    if abs(size) < 1000:  # noqa: PLR2004  the unit's own definition
        return f"{_number(size, 3)} byte{'' if abs(size) == 1 else 's'}"
    power = min(int(math.log10(abs(size)) / 3 + 1e-9), 5)
    return f"{_number(size / 1000**power, 2 if abs(size) / 1000**power < 100 else 3)} {' kMGTP'[power]}B"  # noqa: PLR2004


def _useful_decimals(rows: Sequence[Sequence[float]]) -> int:
    """Those for four significant digits of the largest value that is not whole, and three of each.

    A change alone gets two, so that it is no mere last digit; beside others, it takes theirs.
    """
    values = [Decimal(repr(value)).normalize() for row in rows for value in row[:2] if value % 1]
    largest = max((value.adjusted() for value in values), default=0)
    most = [max(_VALUE_DIGITS - 1 - largest, _VALUE_DIGITS - 2 - value.adjusted()) for value in values]
    needed = max((min(_decimals(value), each) for value, each in zip(values, most, strict=True)), default=0)
    if len(rows) > 1 or not rows[0][2:] or not rows[0][2] % 1:
        return max(needed, 0)
    change = Decimal(repr(rows[0][2])).normalize()
    return max(needed, min(_decimals(change), 1 - change.adjusted(), needed + 1), 0)


def _decimals(number: Decimal) -> int:
    """The decimals of a number without superfluous zeros."""
    return max(0, -int(number.as_tuple().exponent))


def _misleads(row: Sequence[float], decimals: int, never: float) -> bool:
    """Whether so few decimals turn a number into another one, or make two values look the same."""
    texts = [_fixed(number, decimals) for number in row]
    lies = any(
        float(text) in (0, never, -never) and float(text) != number for text, number in zip(texts, row, strict=True)
    )
    return lies or (len(row) > 1 and row[0] != row[1] and texts[0] == texts[1])


def _fixed(value: float, decimals: int) -> str:
    return f"{Decimal(repr(value or 0)):.{decimals}f}"


def _whole(value: JsonScalar, beside: JsonScalar) -> JsonScalar:
    """A whole float as an integer if the other value is one."""
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole and _is_number(beside) and isinstance(beside, int) else value  # type: ignore[arg-type]


def _all_digits(value: JsonScalar, rounded: str) -> str:
    return _grouped(str(value)).replace("-", MINUS) if isinstance(value, int) else rounded


def _is_number(value: JsonScalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _signed(change: float, size: str) -> str:
    if change == 0 or change != change:  # NaN; an integer may be too large to ask math.isnan of  # noqa: PLR0124
        return size
    return ("+" if change > 0 else MINUS) + size


def _number(value: float, digits: int, never: float | None = None) -> str:
    """Round to significant digits, but to ``never`` only what equals it."""
    if isinstance(value, float) and not math.isfinite(value):
        return _WORDS["NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"]
    text = _rounded(value, digits)
    while never is not None and digits < _MOST_DIGITS and abs(value) != never and float(text) in (never, -never):
        digits += 1
        text = _rounded(value, digits)
    return _grouped(text).replace("-", MINUS)


def _rounded(value: float, digits: int) -> str:
    """A Python literal without superfluous zeros, such as ``"-0.5"`` or ``"1.2e-7"``."""
    if isinstance(value, int):
        return str(value) if abs(value) < _LARGEST_WHOLE else _scientific(value, digits)
    if value == 0:
        return "0"
    if not _SMALLEST_FIXED <= abs(value) < _LARGEST_FIXED:
        return _scientific(value, digits)
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return _trimmed(f"{_exact(value, digits):.{decimals}f}")


def _exact(value: float, digits: int) -> Decimal:
    """The shortest decimal for the number if so many digits hold it, so that 0.3 is not 0.29999999999999999."""
    shortest = Decimal(repr(value))
    return shortest if len(shortest.as_tuple().digits) <= digits else Decimal(value)


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{_exact(value, digits):.{digits - 1}e}".split("e")
    return f"{_trimmed(mantissa)}e{int(exponent)}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grouped(text: str) -> str:
    whole, point, rest = text.partition(".")
    if "e" in text or abs(int(whole)) < _GROUPED_FROM:
        return text
    return f"{int(whole):,}{point}{rest}"
