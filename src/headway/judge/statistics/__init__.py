"""Estimates of metrics with their uncertainty, and tests of a change, over arrays. Pure: numpy and scipy alone."""
