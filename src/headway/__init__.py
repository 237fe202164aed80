"""Headway compares two DVC revisions: how far did this change move the model?

The command line is a thin layer over functions such as these::

    import headway

    comparison = headway.compare_revisions("path/to/repository", base="main")
    report = headway.build_report("path/to/repository", base="main", out="reports/headway")
    verification = headway.verify_workspace("path/to/repository")
    model = headway.fetch_artifact("digits", "path/to/repository", stage="production", out="deploy").place

Importing the package loads nothing else: each public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway._version import __version__
    from headway.api import build_report, compare_revisions, fetch_artifact, verify_workspace
    from headway.errors import HeadwayError, ReportFileError, RepositoryError, SettingsError, WriteError
    from headway.values.comparison import Comparison
    from headway.values.registry.records import ArtifactCopy
    from headway.values.report import Report
    from headway.values.verification import Verification

__all__ = [
    "ArtifactCopy",
    "Comparison",
    "HeadwayError",
    "Report",
    "ReportFileError",
    "RepositoryError",
    "SettingsError",
    "Verification",
    "WriteError",
    "__version__",
    "build_report",
    "compare_revisions",
    "fetch_artifact",
    "verify_workspace",
]

_MODULES = {
    "__version__": "headway._version",
    "ArtifactCopy": "headway.values.registry.records",
    "Comparison": "headway.values.comparison",
    "Report": "headway.values.report",
    "Verification": "headway.values.verification",
    **dict.fromkeys(("build_report", "compare_revisions", "fetch_artifact", "verify_workspace"), "headway.api"),
    **dict.fromkeys(
        ("HeadwayError", "ReportFileError", "RepositoryError", "SettingsError", "WriteError"), "headway.errors"
    ),
}
"""The module of each public name."""


def __getattr__(name: str) -> object:
    """A public name, imported when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'headway' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
