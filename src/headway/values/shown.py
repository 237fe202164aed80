"""What a notebook shows of a value, and its metrics as a data frame.

Values know nothing of the parts of Headway that write and draw, so these methods find theirs by name, when they are
called: Jupyter looks for methods of the value itself, and offers no other way that needs nobody to call anything first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from headway.values.comparison import Metric

_NOTEBOOK = "headway.report.notebook"


class Shown:
    """A value with metrics, which shows itself in a notebook."""

    __slots__ = ()
    metrics: tuple[Metric, ...]

    def _repr_html_(self) -> str:
        """The value as an output of Jupyter, VS Code and Quarto, for light and dark themes."""
        return str(import_module(f"{_NOTEBOOK}.fragment").to_html(self))

    def _repr_markdown_(self) -> str:
        """The verdict and the first changes, where a place shows no HTML."""
        return str(import_module(f"{_NOTEBOOK}.fragment").to_markdown(self))

    @overload
    def to_frame(self, library: Literal["polars"] = "polars") -> pl.DataFrame: ...

    @overload
    def to_frame(self, library: Literal["pandas"]) -> pd.DataFrame: ...

    def to_frame(self, library: Literal["polars", "pandas"] = "polars") -> Any:
        """All metrics as a data frame, one row each, sorted by file and key.

        The columns are the same whatever the metrics are:

        - ``file``, ``key``: the metrics file and the dotted key inside it.
        - ``status``: ``changed``, ``unchanged``, ``added``, ``removed`` or ``unavailable``.
        - ``base``, ``head``: the values as 64-bit floats, in which NaN and infinities stay what they are. Null if the
          side has no value, or one that is not a number.
        - ``base_text``, ``head_text``: the exact value where the float is not: a text, ``true`` or ``false``, a date or
          time in ISO 8601, all digits of an integer above 2^53. Null otherwise. If both columns of a side are null, the
          side has no value.
        - ``change``, ``relative``: head minus base, and that as a share of base; null if they are not known.
        - ``exact_change``: all digits of an integer change that ``change`` may round, as text.
        - ``direction``: ``higher`` or ``lower``, whichever is better; null if none is declared.
        - ``verdict``: what the evidence says, such as ``improved`` or ``cannot_tell``.
        - ``estimate``, ``low``, ``high``: the change on the rows that both sides have, and its 95% interval.
        - ``p``, ``p_adjusted``: the p-value, and the one adjusted for all tests of its family.
        - ``rows``: the rows, or runs, that the evidence rests on. These last six are null without evidence.
        - ``margin``: the largest change that does not matter; null if none is declared.
        - ``gate``: what became of the metric's gate: ``pass``, ``warn``, ``fail``, ``cannot_tell``, ``accepted``.
        - ``withheld``: why the metric is called neither better nor worse, such as ``evaluation``; null if it can be.

        Args:
            library: ``polars``, or ``pandas`` if it is installed. In pandas, a missing number is NaN, as usual there,
                and ``rows`` is ``Int64``.

        Raises:
            SettingsError: the library is not installed, or is neither of the two.
        """
        return import_module(f"{_NOTEBOOK}.frame").metrics_frame(self.metrics, library)
