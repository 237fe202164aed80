"""The values that pass between subpackages: frozen, typed, without behavior or I/O.

``gather`` creates :class:`~headway.values.snapshot.Snapshot`, ``compare`` creates
:class:`~headway.values.comparison.Comparison`, ``draw`` creates the charts, and all of it ends in one
:class:`~headway.values.report.Report`.
"""
