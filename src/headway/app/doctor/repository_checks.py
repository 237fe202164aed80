"""The clone, the DVC project in it, and what git has of its results."""

from __future__ import annotations

import os
import re
import shlex
from importlib import metadata
from typing import TYPE_CHECKING

from headway._version import PACKAGE
from headway.app.anchor import resolve_anchor
from headway.app.doctor.findings import Finding, SkippedError, failed, need, of_error, ok, warning
from headway.app.doctor.ground import NO_GIT, NO_PROJECT
from headway.errors import HeadwayError, MissingHistoryError
from headway.gather.git.checked_out import checked_out_branch, is_ignored
from headway.gather.git.executable import run_git
from headway.gather.git.fetching import FetchError, Upstream
from headway.gather.monorepo import project_folders
from headway.public_files import repository_root
from headway.remotes.configuration import ProjectConfig
from headway.report.formatting import count
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.doctor.ground import Ground
    from headway.ci.job import ForgeKind

_FEW = 3
_REPORTS = "reports/headway"
_WHOLE: dict[ForgeKind, str] = {
    "github": "In the workflow, check out the whole history:\n  - uses: actions/checkout\n    with:\n"
    "      fetch-depth: 0",
    "gitlab": 'In .gitlab-ci.yml, clone the whole history:\n  variables:\n    GIT_DEPTH: "0"',
    "bitbucket": "In bitbucket-pipelines.yml, clone the whole history:\n  clone:\n    depth: full",
}
_METRICS = "Add them to dvc.yaml, or as the metrics of a stage:\n  metrics:\n    - metrics.json"


def check_git(ground: Ground) -> Finding:
    """The git repository."""
    if isinstance(ground.history, HeadwayError):
        return of_error(ground.history)
    branch = checked_out_branch(ground.git_root)
    return ok(f"{ground.git_root}, {f'on branch {branch}' if branch else 'at a commit without a branch'}")


def check_commit(ground: Ground) -> Finding:
    """The first commit."""
    need(ground.history, NO_GIT)
    if isinstance(ground.commit, HeadwayError):
        return of_error(ground.commit)
    return ok(f"{ground.commit[:7]} is checked out")


def check_project(ground: Ground) -> Finding:
    """The DVC project, and others in the repository."""
    need(ground.history, NO_GIT)
    others = project_folders(ground.tracked)
    if isinstance(ground.repository, HeadwayError):
        if not others:
            return of_error(ground.repository)
        command = shlex.join(["headway", "doctor", "-C", os.path.relpath(ground.git_root / others[0])])
        return warning(
            f"this folder is in none of the {count(len(others), 'DVC project')} of the repository: "
            f"{first_names(others, _FEW)}",
            f"{command}  # diff and report take --all-projects",
        )
    if f"{ground.folder}.dvc/config" not in ground.tracked:
        own = [name for name in (".dvc", ".dvcignore") if (ground.root / name).exists()]
        command = f"git add {' '.join(map(ground.from_here, own))}"
        return failed("git does not track .dvc/config, so CI has no DVC project", command)
    name = ground.folder.rstrip("/") or "the root of the repository"
    return ok(name if len(others) < 2 else f"{name}, one of {len(others)} projects of the repository")  # noqa: PLR2004 - itself


def check_base(ground: Ground) -> Finding:
    """The base of a comparison."""
    need(ground.history, NO_GIT)
    repository = need(ground.repository, NO_PROJECT)
    need(ground.commit, "there is no commit yet")
    declared = ground.request.job.base
    name = None if declared else ground.usable_settings.base
    try:
        base = repository.resolve_base(name, repository.resolve_head(None), declared)
    except MissingHistoryError as error:
        if need(ground.history, NO_GIT).is_shallow():
            raise SkippedError("the clone lacks it; see the clone depth") from error
        return _missing(ground, error)
    except HeadwayError as error:
        return of_error(error)
    if name is None and declared is None and (unknown := _unknown_default(ground)):
        return unknown
    return ok(f"{base.name}{f' ({base.sha[:7]})' if base.sha else ''}: {base.chosen}")


def _missing(ground: Ground, error: MissingHistoryError) -> Finding:
    """A base that the clone lacks: in CI, Headway fetches it, if git can log in there."""
    history = need(ground.history, NO_GIT)
    if not ground.request.job.in_ci or not history.has_remote():
        return of_error(error)
    if ground.request.offline:
        return warning(f"{error.what} `headway report` fetches it, if the job lets git log in", error.remedy)
    try:
        _ = Upstream(ground.git_root, history.remote()).references
    except FetchError as refused:
        return failed(f"{error.what} And {refused.what} {refused.why}".rstrip(" ."), refused.remedy)
    return ok(f"{error.what} `headway report` fetches it from {history.remote()}")


def _unknown_default(ground: Ground) -> Finding | None:
    history = need(ground.history, NO_GIT)
    if history.default_branch():
        return None
    what = "the default branch is not known, so a branch is compared with its own last commit"
    if history.has_remote():
        return warning(what, f"git remote set-head {shlex.quote(history.remote())} --auto")
    return warning(what, "Name it in headway.yaml:\n  base: BRANCH")


def check_depth(ground: Ground) -> Finding:
    """The depth of the clone."""
    if not need(ground.history, NO_GIT).is_shallow():
        return ok("the clone has the whole history")
    try:
        check_base(ground)
    except SkippedError as skipped:
        if isinstance(skipped.__cause__, MissingHistoryError):
            found, forge = _missing(ground, skipped.__cause__), ground.request.forge
            return found if found.status != "failed" or forge is None else found._replace(remedy=_WHOLE[forge])
        raise
    return ok("the clone is shallow, but has the base")


def check_tags(ground: Ground) -> Finding:
    """The tags that an anchor and the stages of the registry need."""
    history, settings = need(ground.history, NO_GIT), ground.usable_settings
    wanting = [name for name in ("anchor", "stages") if getattr(settings, name)]
    if not wanting:
        raise SkippedError("the settings name neither an anchor nor stages")
    tags = run_git(ground.git_root, "tag", "--list").split()
    named = f"which `{'` and `'.join(wanting)}` in the settings may name"
    if tags or not _remote_has_tags(ground):
        return _anchor(ground, f"{count(len(tags), 'tag')}, {named}")
    if ground.request.job.in_ci and not ground.request.offline:
        return ok(f"the clone has none, {named}; Headway fetches them")
    return warning(f"the clone has no tags, {named}", f"git fetch --tags {shlex.quote(history.remote())}")


def _remote_has_tags(ground: Ground) -> bool:
    """Whether the remote has tags, which it may have as long as nobody asks it."""
    history = need(ground.history, NO_GIT)
    if ground.request.offline or not history.has_remote():
        return history.has_remote()
    references = Upstream(ground.git_root, history.remote()).references
    return any(ref.startswith("refs/tags/") for ref in references)


def _anchor(ground: Ground, what: str) -> Finding:
    """Whether the anchor exists, if the settings name one."""
    anchor = ground.usable_settings.anchor
    try:
        _ = anchor and resolve_anchor(need(ground.repository, NO_PROJECT), anchor)
    except HeadwayError as error:
        return of_error(error, "Correct `anchor` in the settings.")
    return ok(what)


def check_pipeline(ground: Ground) -> Finding:
    """The pipeline files, and whether git and dvc.lock have them."""
    for each in (ground.head, ground.snapshot):
        if isinstance(each, HeadwayError):
            return of_error(each)
    head, snapshot = ground.require_project()
    project = need(head.project, NO_PROJECT)
    if project.problems:
        first = project.problems[0]
        return failed(f"{first.where}: {first.what}", first.remedy or "Correct the file.")
    files = sorted({file.path for file in project.files})
    if not files:
        return warning("there is no dvc.yaml and no .dvc file, so there is nothing to compare", _METRICS)
    locks = [f"{path.removesuffix('dvc.yaml')}dvc.lock" for path in files if path.endswith("dvc.yaml")]
    if left := ground.untracked([*files, *locks]):
        return _untracked(ground, left, "so CI lacks it")
    if never := sorted(snapshot.unrecorded):
        what = f"{count(len(never), 'stage')} never ran, so dvc.lock lacks them: {first_names(never, _FEW)}"
        return warning(what, "dvc repro")
    return ok(f"{count(len(files), 'file')} with {count(len(snapshot.stages), 'stage')}, all in dvc.lock")


def check_results(ground: Ground) -> Finding:
    """The metrics and plots."""
    head, snapshot = ground.require_project()
    files = {*snapshot.metrics, *snapshot.unavailable}
    if not files and not snapshot.plots:
        return warning("the project declares no metrics and no plots", _METRICS)
    if left := ground.untracked(sorted(snapshot.metrics)):
        return _untracked(ground, left, "nor does DVC, so a comparison has no base for it")
    if problems := [each for each in snapshot.problems if each not in head.broken]:
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        first = problems[0]
        return warning(f"{first.where}: {first.what}{more}", first.remedy or "See the notes of `headway report`.")
    metrics = sum(map(len, snapshot.metrics.values()))
    return ok(f"{count(metrics, 'metric')} in {count(len(files), 'file')}, {count(len(snapshot.plots), 'plot')}")


def _untracked(ground: Ground, paths: Sequence[str], consequence: str) -> Finding:
    what = f"git does not track {first_names(paths, _FEW)}, {consequence}"
    return failed(what, f"git add {' '.join(map(ground.from_here, paths))}")


def check_version(_: Ground) -> Finding:
    """DVC's version beside the ones that Headway works with."""
    installed = metadata.version("dvc")
    try:
        required = metadata.requires(PACKAGE) or ()
    except metadata.PackageNotFoundError:
        raise SkippedError("Headway runs from its sources, and only an installed one says which DVC it needs") from None
    wanted = next((each for each in required if re.match(r"dvc\b(?!-)", each)), "")
    least, below = (re.search(pattern, wanted) for pattern in (r">=([\d.]+)", r"<([\d.]+)"))
    is_new_enough = least is None or _numbers(installed) >= _numbers(least[1])
    if is_new_enough and (below is None or _numbers(installed) < _numbers(below[1])):
        return ok(f"DVC {installed}")
    return failed(f"DVC {installed} is installed, and Headway needs {wanted}", f"python -m pip install '{wanted}'")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def check_configuration(ground: Ground) -> Finding:
    """DVC's configuration, and the part of it that must not be in git."""
    if not (ground.root / ".dvc").is_dir():
        raise SkippedError(NO_PROJECT)
    try:
        ProjectConfig(ground.root).require_untracked()
    except HeadwayError as error:
        return of_error(error, "Correct the file .dvc/config.")
    return ok("DVC can read it, and git ignores .dvc/config.local")


def check_ignored(ground: Ground) -> Finding:
    """Whether git ignores the reports."""
    if repository_root(ground.root) is None:
        raise SkippedError(NO_GIT)
    if any(path.startswith(f"{ground.folder}{_REPORTS}/") for path in ground.tracked):
        command = f"git rm -r --cached --quiet {ground.from_here(_REPORTS)}"
        return warning(f"git tracks {_REPORTS}, so each report changes the repository", command)
    if not is_ignored(ground.root, f"{_REPORTS}/report.json"):
        what = f"git does not ignore {_REPORTS}, so a report may be committed"
        return warning(what, rf"printf '\n/{_REPORTS}/\n' >> {ground.from_here('.gitignore')}")
    return ok(f"git ignores {_REPORTS}")
