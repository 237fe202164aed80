"""The first station: two revisions of a DVC project, read.

:class:`Repository` resolves names to revisions and opens each as a :class:`RevisionReader`, which gives its
:class:`~headway.values.snapshot.Snapshot` and, on demand, the data of plots and other files. git, DVC and polars are
loaded when they are first needed, so that importing this package costs nothing.
"""

from headway.gather.includes import read_includes
from headway.gather.network import Network, Progress, Quiet, allowed_network
from headway.gather.repository import Repository
from headway.gather.revision_reader import RevisionReader, comparable_snapshots

__all__ = [
    "Network",
    "Progress",
    "Quiet",
    "Repository",
    "RevisionReader",
    "allowed_network",
    "comparable_snapshots",
    "read_includes",
]
