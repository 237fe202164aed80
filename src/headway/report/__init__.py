"""The report station: one :class:`~headway.values.report.Report` in; JSON, Markdown, HTML or terminal text out.

Pure: nothing here reads the repository, the environment or the network, and the same report gives the same bytes. What
is said, in which order and how much of it, ``outline`` decides for every rendering. Import the module you need; this
package imports none of them, so that importing it costs nothing.
"""
