"""The values that travel between the stations: frozen, typed, without behaviour or I/O.

``gather`` gives :class:`~headway.values.snapshot.Snapshot`, ``compare`` gives
:class:`~headway.values.comparison.Comparison`, ``draw`` gives the charts, and all of it ends in one
:class:`~headway.values.report.Report`. Every station may import this package; it imports none of them.
"""
