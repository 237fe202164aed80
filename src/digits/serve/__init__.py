"""The model over HTTP: ``python -m digits.serve``."""
