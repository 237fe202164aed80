"""From the columns of a plot on two sides to one typed chart that is small enough to draw. Pure; uses polars.

Cost follows what the reader sees: a line keeps four points per pixel column, a confusion becomes counts, whatever the
number of rows. What cannot be drawn is left out and said in a :class:`~headway.values.problem.Problem`.
"""

from headway.draw.reduction.dispatch import draw_chart

__all__ = ["draw_chart"]
