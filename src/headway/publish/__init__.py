"""Deliver a report to the forge where the team reviews; the only station that opens a network connection to one.

Import the module you need; this package imports none of them, so that importing it costs nothing.
"""
