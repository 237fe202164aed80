"""What of the rows adds up: counts and exact sums, so that parts of the rows give what all rows give, to the bit."""
