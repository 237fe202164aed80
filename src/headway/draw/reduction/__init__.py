"""From the columns of a plot on two sides to one typed chart that is small enough to draw. Pure; uses polars."""
