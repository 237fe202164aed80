"""Judges changes: whether metrics are comparable, better or worse, and whether distributions drifted. Pure."""
