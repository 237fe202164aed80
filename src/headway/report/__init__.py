"""The report station: one :class:`~headway.values.report.Report` in; JSON, Markdown, HTML or terminal text out.

Pure: nothing here reads the repository, the environment or the network, and the same report gives the same bytes.

    codec, schema   report.json and its JSON Schema
    outline         what is said, in which order, and how much of it: shared by every rendering
    formatting      every value as text; the numbers alone are in headway.numbers
    escaping        every character that a reader, a browser or a forge could take for more than text
    includes        the team's own sections: differences and safely rendered Markdown
    templating      Jinja2, set up so that nothing is printed unescaped
    markdown, html, terminal    the renderings
    projects        several reports as one Markdown text

Import the module you need; this package imports none of them, so that importing it costs nothing.
"""
