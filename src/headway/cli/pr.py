"""The command ``headway pr``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headway.ci.process import process_environment
from headway.ci.read import detect, read_context, read_job, read_run_page
from headway.cli import options
from headway.cli.errors import print_notes
from headway.cli.progress import show_progress
from headway.errors import ContextError, DocumentError, RepositoryError
from headway.text import harmless, one_line, replace_bytes

if TYPE_CHECKING:
    import os

    from headway.app.results.sending import SentResults
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.publish.requests.request_branch import GitRemote

_EXAMPLES = """
\b
Examples:
  headway pr                                       what dvc repro changed: dvc.lock, metrics, plots
  headway pr dvc.lock reports/metrics.json         these files
  headway pr --title "Retrained on new data" --body summary.md
  headway pr dvc.lock --forge github --repo octo/digits --dry-run
"""
_FORKS = (
    "Its job may only read. Have somebody of the team run the pipeline on a branch of this repository, where "
    "`headway pr` works."
)
_MERGE_QUEUE = "gh-readonly-queue/"
"""How GitHub names the branches of a merge queue, which it deletes."""


class _Named(click.Path):
    """A file or folder, but not the current folder for an empty text, which a variable that is not set would be."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if not value:
            self.fail("The name of a file is empty.", param, ctx)
        return super().convert(value, param, ctx)


@click.command(epilog=_EXAMPLES)
@click.argument("files", nargs=-1, type=_Named(path_type=Path))
@options.project
@click.option("--remote", metavar="NAME", help="The git remote to push to.  [default: origin, or the only one]")
@click.option(
    "--base", metavar="NAME", help="The branch that the results are for.  [default: the job's, else the current one]"
)
@click.option("--branch", metavar="NAME", help="The branch that gets them.  [default: headway/results/BASE]")
@click.option("--title", metavar="TEXT", help="The request's title.  [default: Results of BASE at SHA]")
@click.option(
    "--body",
    "body_file",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Markdown for the request, or - for standard input.  [default: a sentence about the commit]",
)
@click.option("--force", is_flag=True, help="Replace the branch even if somebody else has committed to it.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and push and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@options.forge_access
def pr(  # noqa: PLR0913 - the options above, one argument each
    *,
    files: tuple[Path, ...],
    folder: Path,
    remote: str | None,
    base: str | None,
    branch: str | None,
    title: str | None,
    body_file: Path | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    access: options.ForgeAccess,
) -> None:
    """Commit results to a branch, and open a pull request for them or update the open one.

    FILES are files and folders that git holds or may hold. The default is what `dvc repro` changed: dvc.lock, .dvc and
    .gitignore files, and outputs with `cache: false`, such as metrics and plots. Send the data itself to DVC's remote
    first: dvc push.

    Headway makes one commit on top of the checked-out one and pushes it to the branch. What is checked out, the index
    and local branches stay as they are. Run again, it changes nothing; with newer results, it replaces the commit and
    updates the request. An older run does not replace the results of a newer one.

    On GitHub, a request that a job opens with its own token (GITHUB_TOKEN) starts no workflow by itself: on github.com,
    select "Approve workflows to run" in its merge box. The job also needs the repository's setting "Allow GitHub
    Actions to create and approve pull requests". Jobs for a fork's pull request are refused.

    Exit codes: 0 sent, or nothing to send; 2 wrong usage; 3 git failed, or the results are out of date; 4 the forge
    failed.
    """
    from headway.app.results.branches import is_results_branch, results_branch
    from headway.app.results.sending import ResultsRequest, SentResults, default_body, send_results
    from headway.gather.git.checked_out import checked_out_commit, is_branch_name
    from headway.publish.requests.connect_requests import connect_requests

    _refuse_forks()
    context, forge = access.connect(dry_run=dry_run)
    clone = _open_clone(folder, remote, access.token_variable)
    base = base or _base_branch(clone, context)
    branch = branch or results_branch(clone.root, folder, base)
    if is_results_branch(base):
        note = f"{base} holds results that `headway pr` sent: nothing is sent back from it."
        _show(context, SentResults(action="nothing", base=base, branch=branch, note=note), as_json=as_json)
        return
    for option, name in (("--base", base), ("--branch", branch)):
        if not is_branch_name(clone.root, name):
            raise click.BadParameter(f"{name!r} cannot be the name of a branch.", param_hint=option)
    if branch == base:
        raise click.UsageError("--branch and --base are the same branch: results need a branch of their own.")
    head, run_url = checked_out_commit(clone.root), read_run_page()
    request = ResultsRequest(
        root=clone.root,
        paths=_paths(clone.root, files, folder),
        base=base,
        branch=branch,
        title=one_line(replace_bytes(title or "")) or f"Results of {base} at {head[:7]}",
        body=_read_body(body_file, forge) if body_file else default_body(base, head, of_a_run=bool(run_url)),
        run=context.run.id,
        run_url=run_url,
        force=force,
    )
    _show(context, send_results(request, clone, connect_requests(context, forge), head), as_json=as_json)


def _refuse_forks() -> None:
    """Raise an error in the job of a fork's change, whose results are a stranger's."""
    environment = process_environment()
    if detect(environment) is None:
        return
    context = read_context(environment)
    if context.from_fork:
        raise ContextError(
            "The results of a fork are not sent back.",
            why="This run is about a commit of another repository"
            f"{f', {context.head_repository}' if context.head_repository else ', or of one that is not known'}.",
            remedy=_FORKS,
        )


def _open_clone(folder: Path, remote: str | None, token_variable: str | None) -> GitRemote:
    """The clone that a folder belongs to, with the remote that gets the branch."""
    from headway.gather.git.checked_out import working_tree
    from headway.gather.git.remotes import find_remote
    from headway.gather.git.transfer import job_login
    from headway.publish.requests.request_branch import GitRemote

    root = working_tree(folder, "Results are sent as a commit on the one that is checked out.")
    name = find_remote(root, remote, "The results go to one of them.")
    if not name:
        raise RepositoryError(
            "The repository has no remote.",
            why="There is no forge to send the results to.",
            remedy="git remote add origin URL",
        )
    return GitRemote(root, name, job_login(root, token_variable))


def _base_branch(clone: GitRemote, context: Context) -> str:
    """The branch of the job, or the one that is checked out."""
    from headway.gather.git.checked_out import checked_out_branch

    found = (context.branch if detect(process_environment()) else "") or checked_out_branch(clone.root)
    if not found:
        raise click.UsageError("No branch is checked out, and the job names none: name the one with --base.")
    if found.startswith(_MERGE_QUEUE):
        raise click.UsageError(f"GitHub deletes the branch {found} of its merge queue: name another one with --base.")
    return found


def _paths(root: Path, files: tuple[Path, ...], folder: Path) -> tuple[str, ...]:
    if files:
        from headway.app.results.named_files import name_files

        return name_files(root, files)
    from headway.app.results.pipeline_results import find_results
    from headway.remotes.environment import read_credentials

    with show_progress("Reading the pipeline"):
        return find_results(folder, read_job(), read_credentials())


def _read_body(file: Path, forge: Forge) -> str:
    """The Markdown of the request, which must fit: what is cut out of it could be what matters."""
    from headway.publish.documents.document import display_name, read_document

    text, limit = read_document(file).text, forge.limits.comment
    if limit.length(text) > limit.size:
        raise DocumentError(
            f"{display_name(file)} is too long for a request.",
            why=f"It has {limit.length(text):,} {limit.unit}; {forge.name} takes {limit.size:,}.",
            remedy="Shorten it, and link the rest, for example an artifact of the run.",
        )
    return text


def _show(context: Context, sent: SentResults, *, as_json: bool) -> None:
    if as_json:
        options.print_json(sent)
    else:
        _print_sent(sent)
    _write_outputs(context, sent)


def _print_sent(sent: SentResults) -> None:
    from headway.report.escaping import clean

    what = f"{len(sent.files)} file{'' if len(sent.files) == 1 else 's'}"
    click.echo(
        {
            "opened": f"Opened {sent.url} with {what}.",
            "updated": f"Updated {sent.url} with {what}.",
            "unchanged": f"{sent.url} has these results already.",
            "nothing": f"Nothing to send: the results are those of {sent.base}.",
            "outdated": "Nothing was sent.",
            "would_open": f"Would push {what} to {sent.branch} and open a request to merge it into {sent.base}.",
            "would_update": f"Would push {what} to {sent.branch} and update {sent.url}.",
        }[sent.action]
    )
    for path in sent.files:
        click.echo(f"  {harmless(clean(path))}")
    print_notes(f"{sent.note} {sent.url}".rstrip() if sent.action == "nothing" and sent.note else sent.note)


def _write_outputs(context: Context, sent: SentResults) -> None:
    """The outputs of a step of GitHub Actions, for steps that comment on the request."""
    if context.output_file is None:
        return
    from headway.publish.comment.summary import append, outputs

    named = {"action": sent.action, "pull-request": str(sent.number or ""), "url": sent.url, "commit": sent.commit}
    append(context.output_file, outputs(named))
