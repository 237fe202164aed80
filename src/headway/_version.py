"""Headway's version, in the one place that imports nothing; the build reads it here as well."""

__version__ = "0.1.0"
