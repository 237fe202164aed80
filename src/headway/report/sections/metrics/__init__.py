"""The section on metrics: the table of what changed, the evidence for it, and slices."""
