"""The Python API: what the command line does, as functions. :mod:`headway` exports them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.app.comparison import Request
from headway.app.comparison import compare_revisions as _compare
from headway.app.report import build_report as _build
from headway.app.report_files import write_report
from headway.app.verify import verify_workspace as _verify
from headway.ci.read import read_job
from headway.remotes.environment import read_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.comparison import Comparison
    from headway.values.report import Report
    from headway.values.verification import Verification


def _request(environ: Mapping[str, str] | None, folder: str | Path, **revisions: Any) -> Request:  # noqa: ANN401 - the fields of a Request
    return Request(folder=Path(folder), job=read_job(environ), credentials=read_credentials(environ), **revisions)


def compare_revisions(  # noqa: PLR0913 - what two revisions are, and what may be read for them
    folder: str | Path = ".",
    base: str | None = None,
    head: str | None = None,
    *,
    settings: str | None = None,
    environ: Mapping[str, str] | None = None,
    fetch: bool | None = None,
) -> Comparison:
    """Compare two revisions of a DVC repository.

    Args:
        folder: a folder inside the repository.
        base: the revision to compare with. ``None`` chooses the base of the pull request if CI names one, else the
            merge-base with the default branch; on that branch itself, the previous commit.
        head: the revision to compare; ``None`` is the workspace.
        settings: a YAML file of the project to read instead of headway.yaml and pyproject.toml.
        environ: the environment with CI's variables; ``None`` is this process's own.
        fetch: whether git may fetch missing commits, and DVC missing files; ``None`` lets git do so in CI only, and DVC
            always.

    Returns:
        Every difference in metrics, parameters, stages, tracked data and plot definitions.

    Raises:
        RepositoryError: git or DVC cannot provide a revision.
        SettingsError: the project's settings cannot be used.
    """
    return _compare(_request(environ, folder, base=base, head=head, settings=settings, fetch=fetch))


def build_report(  # noqa: PLR0913 - those of compare_revisions() and the folder
    folder: str | Path = ".",
    base: str | None = None,
    head: str | None = None,
    *,
    out: str | Path | None = None,
    settings: str | None = None,
    environ: Mapping[str, str] | None = None,
    fetch: bool | None = None,
) -> Report:
    """Compare two revisions, draw their charts, and write the report.

    Args:
        folder, base, head, settings, environ, fetch: as for :func:`compare_revisions`.
        out: the folder for ``report.json``, ``report.md``, ``report.html`` and ``charts/*.png``; ``None`` writes
            nothing.

    Returns:
        The report, exactly as report.json holds it.

    Raises:
        RepositoryError, SettingsError: as for :func:`compare_revisions`.
        WriteError: ``out`` cannot be written; a report that was there is unchanged.
    """
    request = _request(environ, folder, base=base, head=head, settings=settings, fetch=fetch)
    bundle = _build(request, None if out is None else Path(out))
    if out is not None:
        write_report(bundle, Path(out))
    return bundle.report


def verify_workspace(
    folder: str | Path = ".", *, remote: bool = False, environ: Mapping[str, str] | None = None
) -> Verification:
    """Check that dvc.lock matches the current code, parameters and data. Nothing is pulled or written.

    Args:
        folder: a folder inside the repository; its workspace is verified.
        remote: whether to ask the remotes for every file that dvc.lock and the ``.dvc`` files record.
        environ: the environment, in which DVC names the stage that it is running; ``None`` is this process's own.

    Returns:
        The stale stages with their causes, the modified outputs, and what could not be checked.

    Raises:
        RepositoryError: git or DVC cannot open the workspace, or a remote is not configured or does not answer.
    """
    return _verify(Path(folder), read_job(environ), read_credentials(environ), remote=remote)
