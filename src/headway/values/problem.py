"""What went wrong without making the report impossible: a value that becomes a footnote."""

from __future__ import annotations

import msgspec

from headway.values.revision import Side


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A footnote of the report.

    Attributes:
        where: the place in words, such as ``"reports/metrics.json (base)"``; made of ``path`` and ``side`` unless it
            is given, as for a place that is no path: ``"settings: metrics"``.
        what: what happened, one sentence without a full stop at the end.
        remedy: what the reader can do about it, often an exact command; empty where nothing can be done.
        path: what it is about: a file, folder, plot, template, stage or remote; empty where it is none of these.
        side: the side concerned; ``None`` where it is both or neither.
        folder: the tracked folder that holds the file, which a command may name in the file's place; empty where the
            file is tracked by itself or not at all.
    """

    where: str = ""
    what: str
    remedy: str = ""
    path: str = ""
    side: Side | None = None
    folder: str = ""

    def __post_init__(self) -> None:
        if not self.where:
            place = f"{self.path} ({self.side})" if self.side else self.path
            msgspec.structs.force_setattr(self, "where", place)
