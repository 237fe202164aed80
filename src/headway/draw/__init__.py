"""Draws both sides of a plot in one image: data to chart, chart to Vega-Lite program, program to PNG.

``reduction`` turns tables into a small typed chart, ``specification`` turns a chart into a Vega-Lite program for the
light or the dark page (both are pure), and ``renderer`` has its child processes (``worker``) make the PNG. Nothing here
knows DVC. This file imports nothing, because the child process passes through it and has to start fast.
"""
