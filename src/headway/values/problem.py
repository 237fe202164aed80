"""What went wrong without making the report impossible: a value that becomes a footnote."""

from __future__ import annotations

import msgspec

from headway.values.revision import Side


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A footnote of the report.

    Attributes:
        where: the place, such as ``"reports/metrics.json (base)"``; by default ``path`` and ``side``. It can be a place
            that is not a path, such as ``"settings: metrics"``.
        what: what happened, as one sentence without a full stop.
        remedy: what to do about it, often an exact command; empty if nothing can be done.
        path: what it is about: a file, folder, plot, template, stage or remote; empty if it is none of these.
        side: the side; ``None`` if it is both or neither.
        folder: the tracked folder that contains the file, which a command may name instead of the file; empty if the
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
