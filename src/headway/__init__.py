"""How far did this change move the model? Headway compares two DVC revisions and reports the difference.

The command line is a thin shell over three functions::

    import headway

    comparison = headway.compare("path/to/repository", base="main")
    report = headway.report("path/to/repository", base="main", out="reports/headway")
    verification = headway.verify("path/to/repository")

Importing the package loads neither DVC nor the chart renderer; the functions do, when they are called.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

# Two stations bear the names of the two functions. Loading them here, before the functions are defined, settles for
# good which of the two the package's attribute is; `from headway.compare import ...` reaches the station all the same.
import headway.compare
import headway.report  # noqa: F401 - as just said
from headway.errors import HeadwayError, ReportFileError, RepositoryError, SettingsError, WriteError
from headway.values.comparison import Comparison
from headway.values.report import Report
from headway.values.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Mapping

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "HeadwayError",
    "Report",
    "ReportFileError",
    "RepositoryError",
    "SettingsError",
    "Verification",
    "WriteError",
    "__version__",
    "compare",
    "report",
    "verify",
]


def compare(  # noqa: PLR0913 - what two revisions are, and what may be read for them
    repo: str | Path = ".",
    base: str | None = None,
    head: str | None = None,
    *,
    settings: str | None = None,
    environ: Mapping[str, str] = os.environ,
    fetch: bool | None = None,
) -> Comparison:
    """Compare two revisions of a DVC repository.

    Args:
        repo: a folder inside the repository.
        base: the revision to compare with; ``None`` chooses it: the pull request's base when CI says so, else the
            merge-base with the default branch, and on that branch itself the commit before.
        head: the revision to compare; ``None`` is the workspace.
        settings: a YAML file of the project to read in place of headway.yaml and pyproject.toml.
        environ: the environment in which CI's variables are looked up.
        fetch: whether git may fetch commits that the clone lacks, and DVC files that its cache lacks; ``None`` lets git
            do so in CI only, and DVC always.

    Returns:
        Every difference in metrics, parameters, stages, tracked data and plot definitions.

    Raises:
        RepositoryError: git or DVC cannot give a revision.
        SettingsError: the project's settings cannot be used.
    """
    from headway.app.comparison import Request, compare_revisions  # noqa: PLC0415 - loads the stations only when they are used

    return compare_revisions(
        Request(repo=Path(repo), base=base, head=head, settings=settings, environ=environ, fetch=fetch)
    )


def report(  # noqa: PLR0913 - those of compare() and the folder
    repo: str | Path = ".",
    base: str | None = None,
    head: str | None = None,
    *,
    out: str | Path | None = None,
    settings: str | None = None,
    environ: Mapping[str, str] = os.environ,
    fetch: bool | None = None,
) -> Report:
    """Compare two revisions, draw their charts, and write the report.

    Args:
        repo, base, head, settings, environ: as for :func:`compare`.
        out: the folder for ``report.json``, ``report.md``, ``report.html`` and ``charts/*.png``; ``None`` writes
            nothing.

    Returns:
        The report, word for word what report.json holds.

    Raises:
        RepositoryError, SettingsError: as for :func:`compare`.
        WriteError: ``out`` cannot be written; a report that was there is as it was.
    """
    from headway.app.comparison import Request, build_report, write_report  # noqa: PLC0415 - likewise

    bundle = build_report(
        Request(repo=Path(repo), base=base, head=head, settings=settings, environ=environ, fetch=fetch)
    )
    if out is not None:
        write_report(bundle, Path(out))
    return bundle.report


def verify(repo: str | Path = ".", *, remote: bool = False, environ: Mapping[str, str] = os.environ) -> Verification:
    """Is dvc.lock the product of this code, these parameters and this data? Nothing is pulled or written.

    Args:
        repo: a folder inside the repository; its workspace is verified.
        remote: whether to ask the remotes for everything that dvc.lock and the ``.dvc`` files name.
        environ: the environment, in which DVC names the stage that it is running.

    Returns:
        The stale stages with their causes, the edited outputs, and what could not be known.

    Raises:
        RepositoryError: git or DVC cannot open the workspace, or a remote does not answer or is not configured.
    """
    from headway.app.comparison import verify_workspace  # noqa: PLC0415 - likewise

    return verify_workspace(Path(repo), environ, remote=remote)
