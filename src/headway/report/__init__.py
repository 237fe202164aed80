"""Renders a :class:`~headway.values.report.Report` as JSON, Markdown, HTML or terminal text.

This package is pure: the same report always gives the same bytes. ``sections`` and ``view`` turn a report into blocks,
``fitting`` leaves out what does not fit, and each renderer writes blocks. Import the module that you need; this package
imports none of them.
"""
