"""Judges metrics and slices by their gates: what docs/gates.md says, rule by rule."""
