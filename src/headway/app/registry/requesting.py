"""``headway promote --request``: a promotion as a pull request that changes one line of registry.yaml."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.app.registry.promoting import promote_version
from headway.errors import RepositoryError
from headway.gather.git.executable import read_git, run_git
from headway.gather.git.transfer import ask_remote, fetch_commit
from headway.publish.comment.sizes import fit
from headway.publish.requests.connect_requests import connect_requests
from headway.publish.requests.open_request import open_request
from headway.publish.requests.protocol import ChangeRequest
from headway.publish.requests.request_branch import push_files
from headway.publish.requests.request_commit import FilesCommit
from headway.registry.desired import FILE, Slot, edit_desired
from headway.registry.registration import register
from headway.report.markdown import MarkdownReport, MarkdownWriter, beside
from headway.values.registry.names import artifact_in_tag

if TYPE_CHECKING:
    from headway.app.comparison import Request
    from headway.app.registry.opening import Registry
    from headway.app.registry.promoting import Promoted
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.registry.promotion import PromotionRequest
    from headway.values.registry.records import Outcome

_INTRODUCTION = (
    "Merging this gives `{name}` {version} the stage `{stage}`{instead}. The job that runs after the merge "
    "compares both again and makes the tag, which records who approved."
)


class Upstream(NamedTuple):
    """The default branch of the remote: its name, its commit, and registry.yaml there; empty if there is none."""

    branch: str
    commit: str
    file: bytes


def request_promotion(
    registry: Registry, request: Request, wanted: PromotionRequest, context: Context, forge: Forge
) -> Outcome:
    """Open a pull request for a promotion, or bring the open one up to date.

    The version is compared now; one that may not have the stage gets no request. A commit without a version is
    registered, because registry.yaml names versions.

    Raises:
        SettingsError: a name is wrong, or registry.yaml cannot be read.
        RepositoryError: there is no remote, or the tags or the branch cannot be read or pushed.
        ForgeError: the forge refuses.
    """
    if not registry.store.name:
        raise RepositoryError(
            "A promotion request needs a remote.",
            why="The repository has none, so there is no forge to open the request on.",
            remedy="git remote add origin URL",
        )
    planned = promote_version(registry, request, msgspec.structs.replace(wanted, dry_run=True))
    found = planned.outcome
    if found.action != "would_promote" or wanted.dry_run:
        return found
    version = register(wanted, found.commit, registry.tools).name
    upstream = read_upstream(registry)
    edited = edit_desired(upstream.file, Slot(found.artifact, found.stage), version)
    subject = f"Promote {found.artifact} {version} to {found.stage}"
    branch = branch_name(found.artifact, found.stage)
    commit = FilesCommit(base=upstream.commit, files={FILE: edited}, message=f"{subject}\n")
    if push_files(registry.root, registry.store.name, branch, commit, registry.login) is None:
        note = f"{FILE} asks for it already; the job that runs after a merge makes the tag."
        return msgspec.structs.replace(found, action="unchanged", tag="", note=note)
    change = ChangeRequest(branch=branch, base=upstream.branch, title=subject, body=_body(planned, forge))
    opened = open_request(connect_requests(context, forge), change)
    return msgspec.structs.replace(
        found, action="requested", tag="", url=opened.request.url, note=f"The request was {opened.action}."
    )


def branch_name(artifact: str, stage: str) -> str:
    """The branch of a promotion request; one for each stage of each model, so that a newer version replaces it."""
    return posixpath.join("headway", "promote", artifact_in_tag(artifact), stage)


def _body(planned: Promoted, forge: Forge) -> str:
    found, report = planned
    instead = f" instead of {found.replaced}" if found.replaced else ""
    text = _INTRODUCTION.format(name=found.artifact, version=found.version, stage=found.stage, instead=instead)
    if report is None:
        return text
    page = MarkdownReport(report, MarkdownWriter(html=forge.limits.html, image_url=beside))
    limit = forge.limits.comment
    room = replace(limit, size=limit.size - limit.length(text) - len("\n\n"))
    return f"{text}\n\n{fit(page.at, page.rungs, room)}"


def read_upstream(registry: Registry) -> Upstream:
    """The default branch of the remote as it is now.

    Raises:
        RepositoryError: the remote does not answer, or has no default branch.
    """
    remote = registry.store.name
    listed = ask_remote(registry.root, "ls-remote", "--symref", remote, "HEAD", login=registry.login)
    lines = [line.split("\t") for line in listed.splitlines()]
    branch = next((line[0].removeprefix("ref: refs/heads/") for line in lines if line[0].startswith("ref: ")), "")
    commit = next((line[0] for line in lines if not line[0].startswith("ref: ")), "")
    if not branch or not commit:
        raise RepositoryError(
            f"The remote {remote!r} has no default branch.",
            why="A promotion request changes a file of that branch.",
            remedy=f"git ls-remote --symref {remote} HEAD",
        )
    fetch_commit(registry.root, remote, commit, registry.login)
    return Upstream(branch, commit, read_file(registry, commit, FILE) or b"")


def read_file(registry: Registry, commit: str, path: str) -> bytes | None:
    """A file of a commit as git holds it; ``None`` if the commit lacks it.

    Raises:
        GitError: the file is there, but cannot be read.
    """
    if not run_git(registry.root, "ls-tree", "--full-tree", commit, "--", path, env=registry.login):
        return None
    return read_git(registry.root, "cat-file", "blob", f"{commit}:{path}", env=registry.login)
