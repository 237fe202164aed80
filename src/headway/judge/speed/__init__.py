"""What the runs of a speed test say: ratios with their intervals, verdicts, and gates."""
