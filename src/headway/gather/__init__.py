"""The first station: two revisions of a DVC project, read.

:class:`Repository` resolves names to revisions and opens them; a :class:`View` is one revision, which gives its
:class:`~headway.values.snapshot.Snapshot` at once and the data of plots and other files when asked. git, DVC and polars
are loaded when they are first needed, so that importing this package costs nothing.
"""

from headway.gather.includes import read_includes
from headway.gather.network import Network, Progress, Quiet, allowed
from headway.gather.repository import Repository
from headway.gather.revision import View, comparable_snapshots

__all__ = ["Network", "Progress", "Quiet", "Repository", "View", "allowed", "comparable_snapshots", "read_includes"]
