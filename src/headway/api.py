"""The Python API: what the command line does, as functions. :mod:`headway` exports them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.app.comparison import Request
from headway.app.comparison import compare_revisions as _compare
from headway.app.deploy import fetch_into, promotion_of, trial_of
from headway.app.notebook.progress import notebook_progress
from headway.app.report import build_report as _build
from headway.app.report_files import write_report
from headway.app.verify import verify_workspace as _verify
from headway.ci.read import read_job
from headway.errors import SettingsError
from headway.gather import allowed_network
from headway.remotes.environment import read_credentials
from headway.values.registry.records import ArtifactCopy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.gather import Progress
    from headway.values.comparison import Comparison
    from headway.values.report import Report
    from headway.values.verification import Verification


def _request(
    environ: Mapping[str, str] | None,
    folder: str | Path,
    progress: Progress,
    **revisions: Any,  # noqa: ANN401 - the fields of a Request
) -> Request:
    job, credentials = read_job(environ), read_credentials(environ)
    return Request(folder=Path(folder), job=job, credentials=credentials, progress=progress, **revisions)


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
        Every difference in metrics, parameters, stages, tracked data and plot definitions. A notebook shows it as
        tables; :meth:`headway.Comparison.to_frame` gives its metrics as a data frame.

    Raises:
        RepositoryError: git or DVC cannot provide a revision.
        SettingsError: the project's settings cannot be used.
    """
    with notebook_progress() as progress:
        return _compare(_request(environ, folder, progress, base=base, head=head, settings=settings, fetch=fetch))


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
        The report, exactly as report.json holds it. It also has its images, which a notebook shows; see
        :attr:`headway.Report.images`.

    Raises:
        RepositoryError, SettingsError: as for :func:`compare_revisions`.
        WriteError: ``out`` cannot be written; a report that was there is unchanged.
    """
    with notebook_progress() as progress:
        request = _request(environ, folder, progress, base=base, head=head, settings=settings, fetch=fetch)
        bundle = _build(request, None if out is None else Path(out))
    if out is not None:
        write_report(bundle, Path(out))
    return bundle.report.with_images(bundle.images)


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


def fetch_artifact(  # noqa: PLR0913 - which artifact, of what, and where to
    name: str,
    folder: str | Path = ".",
    *,
    stage: str | None = None,
    sha: str | None = None,
    out: str | Path = "deploy",
    environ: Mapping[str, str] | None = None,
) -> ArtifactCopy:
    """Fetch an artifact that is in a stage of the registry, or that of any commit, and verify its hash.

    Args:
        name: an artifact of dvc.yaml, such as ``digits``; of a folder of a monorepo, ``DIR:NAME``.
        folder: a folder inside the repository.
        stage: the stage whose version is wanted, by the tags of the remote.
        sha: the full SHA of a commit; with ``stage``, it must be the commit that has the stage.
        out: the folder that gets the artifact, under its own name.
        environ: the environment with the credentials of DVC's remote; ``None`` is this process's own.

    Returns:
        The copy, and the version and commit that it is of.

    Raises:
        SettingsError: a name is not valid, or neither a stage nor a commit is named.
        RepositoryError: no version has the stage, or it is not certain which; or the artifact cannot be fetched.
        WriteError: ``out`` cannot be written.
    """
    if stage is not None:
        promotion = promotion_of(name, stage, sha, Path(folder), is_rollout=True)
    elif sha is not None:
        promotion = trial_of(name, sha)
    else:
        raise SettingsError("Neither a stage nor a commit is named.", remedy="Name one of them.")
    with notebook_progress() as progress:
        progress.step(f"fetching {name}")
        network = allowed_network(True, read_job(environ), read_credentials(environ), progress)  # noqa: FBT003 - a setting with three values
        fetched = fetch_into(Path(out), promotion, Path(folder), network)
    return ArtifactCopy(
        name=name, version=promotion.version, stage=promotion.stage, sha=promotion.sha, place=fetched.place
    )
