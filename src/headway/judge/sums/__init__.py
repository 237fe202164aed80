"""Sums over rows without any rounding, so that parts of the rows give what all rows give, to the bit."""
