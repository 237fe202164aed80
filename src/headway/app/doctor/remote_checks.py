"""DVC's remote: whether this machine could use it, without moving any data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.app.doctor.findings import Finding, SkippedError, failed, need, of_error, ok, warning
from headway.app.doctor.ground import NO_GIT, NO_PROJECT
from headway.errors import HeadwayError
from headway.gather.checkout_trust import checkout_trust
from headway.remotes.configuration import ProjectConfig
from headway.remotes.plugins import lacks_plugin
from headway.remotes.probe import refusal
from headway.remotes.setup import choose_remote
from headway.remotes.storage_errors import shown
from headway.remotes.storages import Storage, storage_of

if TYPE_CHECKING:
    from headway.app.doctor.ground import Ground
    from headway.ci.job import PullRequestBase
    from headway.gather.git.history import History

_ADD = "dvc remote add --default storage URL  # such as s3://bucket/folder"
_NONE = "there is no remote"
_UNUSABLE = "DVC's configuration cannot be read"


def _project(ground: Ground) -> ProjectConfig:
    if not (ground.root / ".dvc").is_dir():
        raise SkippedError(NO_PROJECT)
    try:
        return ProjectConfig(ground.root)
    except HeadwayError:
        raise SkippedError(_UNUSABLE) from None


def _chosen(ground: Ground) -> tuple[str, str]:
    """The name and URL of the remote that DVC will use; skips the check if there is none."""
    project, environment = _project(ground), ground.request.environment
    if environment.url:
        remote = choose_remote(project, environment, None)
        return (remote.name, remote.url) if remote else ("", "")
    name = project.default()
    url = project.remotes().get(name, "")
    return name, need(url or None, _NONE)


def _storage(url: str) -> Storage:
    return need(storage_of(url), "Headway does not support this kind of storage")


def check_remote(ground: Ground) -> Finding:
    """The default remote, or that of DVC_REMOTE_URL."""
    try:
        name, url = _chosen(ground)
    except HeadwayError as error:
        return of_error(error)
    except SkippedError:
        return _no_remote(ground)
    if storage_of(url) is None:
        return failed(f"{name!r} is {shown(url)}, which `headway ci setup` does not support", _ADD)
    if "://" not in url:
        return _folder(ground, name, Path(url))
    source = "DVC_REMOTE_URL" if ground.request.environment.url else "DVC's default remote"
    return ok(f"{shown(url)}, {source}")


def _no_remote(ground: Ground) -> Finding:
    project = _project(ground)
    if project.default():
        return failed(f"DVC's default remote {project.default()!r} is not configured", _ADD)
    _, snapshot = ground.require_project()
    if not snapshot.data:
        return ok("none, and DVC stores no data")
    what = "DVC stores data, but has no default remote, so CI cannot fetch it"
    return warning(what, _ADD)


def _folder(ground: Ground, name: str, folder: Path) -> Finding:
    if not folder.is_dir():
        return failed(f"{name!r} is the folder {folder}, which does not exist", _ADD)
    if ground.request.job.in_ci or folder.is_relative_to(ground.git_root):
        return ok(f"{name!r} is the folder {folder}")
    return warning(f"{name!r} is a folder of this machine, {folder}, which CI does not have", _ADD)


def check_plugin(ground: Ground) -> Finding:
    """DVC's plug-in for the storage."""
    _, url = _chosen(ground)
    storage = _storage(url)
    if lacks_plugin(url):
        kind = url.partition("://")[0]
        return failed(f"DVC's plug-in for {kind}:// is not installed", f"python -m pip install {storage.install}")
    return ok("DVC has all that it needs" if storage.install else "DVC needs none for this storage")


def check_trust(ground: Ground) -> Finding:
    """Whether the job's credentials may go where the checkout's configuration points."""
    project, job = _project(ground), ground.request.job
    if not job.in_ci:
        raise SkippedError("it matters in CI only")
    history = need(ground.history, NO_GIT)
    try:
        checkout_trust(project.root, lambda: history, job.base).check(project.config)
    except HeadwayError as error:
        if _lacks_base(history, job.base):
            raise SkippedError("the clone lacks the base branch, which Headway fetches when it is needed") from None
        return of_error(error)
    return ok("credentials go only where the base branch or the job itself says")


def _lacks_base(history: History, declared: PullRequestBase | None) -> bool:
    """Whether the clone lacks the branch that CI names, or the default branch."""
    if declared and declared.commit:
        return history.find(declared.commit) is None
    branch = declared.branch if declared else None
    return (history.local_branch(branch) if branch else history.default_branch()) is None


def check_credentials(ground: Ground) -> Finding:
    """The variables that hold the credentials."""
    _, url = _chosen(ground)
    storage, credentials = _storage(url), ground.request.environment.credentials
    if not storage.ways:
        return ok("this storage reads none from the environment")
    if used := storage.in_use(credentials):
        return ok(f"in {' and '.join(used)}")
    if not ground.request.job.in_ci:
        raise SkippedError("none are in the environment; the storage's library looks for its own")
    return warning(
        f"{shown(url)} needs credentials, and this job has none, as in a fork's pull request",
        f"Store them as secrets of CI, and pass them to the job: {storage.wanted}.",
    )


def check_response(ground: Ground) -> Finding:
    """Whether the remote answers."""
    project, (name, url) = _project(ground), _chosen(ground)
    storage, environment = _storage(url), ground.request.environment
    if "://" not in url:
        raise SkippedError("the remote is a folder")
    if ground.request.offline:
        raise SkippedError("--offline")
    if lacks_plugin(url):
        raise SkippedError("its plug-in is not installed")
    if ground.request.job.in_ci:
        if storage.ways and not storage.in_use(environment.credentials):
            raise SkippedError("there are no credentials")
        if check_trust(ground).status == "failed":
            raise SkippedError("the configuration is not trusted")
    reason = refusal(_with(project, name, url, ground), name, environment.credentials, must_list=True)
    if reason:
        found = failed(f"{shown(url)} {reason}", _remedy(reason, storage))
        return found if ground.request.job.in_ci else found._replace(status="warning")  # CI has credentials of its own
    return ok(f"{shown(url)} responds; `headway verify --remote` checks that it has every object")


def _with(project: ProjectConfig, name: str, url: str, ground: Ground) -> dict[str, Any]:
    """DVC's configuration with the remote as ``headway ci setup`` would write it."""
    remote = dict(project.config["remote"].get(name, {}))
    remote["url"] = url
    if ground.request.environment.url:
        credentials = ground.request.environment.credentials
        options = {option: credentials.get(variable) for variable, option in _storage(url).options}
        remote |= {option: value for option, value in options.items() if value}
    return {**project.config, "remote": {**project.config["remote"], name: remote}}


def _remedy(reason: str, storage: Storage) -> str:
    if "cannot be reached" in reason or "does not answer" in reason:
        return "Check the address and the network."
    if "bucket that does not exist" in reason:
        return "Correct the bucket in the address of the remote."
    if "needs credentials" in reason:
        return f"Set {storage.wanted}, here and as secrets of CI."
    return "Check the credentials and what they permit; docs/remotes.md lists both."
