"""The options that several commands share, each defined once."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click
from click.shell_completion import CompletionItem

from headway.ci.job import FORGES, Context, ForgeKind, Overrides
from headway.ci.process import process_environment
from headway.ci.read import detect
from headway.errors import ContextError
from headway.publish.http.options import ClientOptions
from headway.text import replace_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.forges.forge import Forge
    from headway.settings import ImageSettings

    Command = TypeVar("Command", bound=Callable[..., Any])

LABEL_LIMIT = 100
IMAGE_STORES = ("auto", "branch", "upload", "bucket", "none")
"""Those of :mod:`headway.settings`, which --help need not load."""


def combine(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator that adds several options, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def complete_revision(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """The branches and tags that begin like this; after --describe, files."""
    from headway.gather.git.executable import GitError, run_git

    if context.params.get("describe"):
        return [CompletionItem(incomplete, type="file")]
    kinds = ("refs/heads", "refs/tags", "refs/remotes")
    try:
        names = run_git(context.params["folder"], "for-each-ref", "--format=%(refname:lstrip=2)", *kinds).split()
    except GitError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete) and not name.endswith("/HEAD")]


def _project_option(*, must_exist: bool) -> Callable[[Command], Command]:
    return click.option(
        "-C",
        "--project",
        "folder",
        type=click.Path(exists=must_exist, file_okay=False, path_type=Path),
        default=".",
        metavar="DIR",
        help="The DVC project: its folder, or any folder inside it.  [default: the current folder]",
    )


def _revision_arguments(command: Command) -> Command:
    """Pass HEAD or ``--head`` as ``head``. Only a comparison with the workspace needs the project's folder on disk."""

    @wraps(command)
    def run(*, second: str | None, head: str | None, folder: Path, **others: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        if second is not None and head is not None:
            raise click.UsageError(f"HEAD is given twice: as the argument {second!r} and as --head {head!r}.")
        head = head if second is None else second
        if head is None and not folder.is_dir():
            raise click.BadParameter(f"There is no folder {str(folder)!r}.", param_hint="--project")
        return command(head=head, folder=folder, **others)

    return cast("Command", run)


project = _project_option(must_exist=True)
settings_file = click.option(
    "--settings", metavar="FILE", help="A settings file inside the project, to use instead of headway.yaml."
)
_revision_options = combine(
    click.option(
        "--head",
        metavar="REV",
        shell_complete=complete_revision,
        help="The same as HEAD, for use without BASE.  [default: the workspace]",
    ),
    _project_option(must_exist=False),
    settings_file,
)
revisions = combine(
    click.argument("base", required=False, shell_complete=complete_revision),
    click.argument("second", required=False, metavar="[HEAD]", shell_complete=complete_revision),
    _revision_options,
    _revision_arguments,
)


def _revision_or_path_arguments(command: Command) -> Command:
    """Pass BASE and HEAD as ``revisions`` does, or with ``--describe`` all arguments as ``paths``."""
    checked = _revision_arguments(command)

    def run(*, names: tuple[str, ...], describe: bool, **others: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        if describe:
            return checked(base=None, second=None, describe=True, paths=names, **others)
        if len(names) > 2:  # noqa: PLR2004 - BASE and HEAD
            raise click.UsageError(f"Got an unexpected extra argument ({names[2]}). To describe files, add --describe.")
        base, second = (*names, None, None)[:2]
        return checked(base=base, second=second, describe=False, paths=(), **others)

    return cast("Command", wraps(command)(run))


revisions_or_paths = combine(
    click.argument("names", nargs=-1, metavar="[BASE] [HEAD] | --describe [PATH]...", shell_complete=complete_revision),
    click.option("--describe", is_flag=True, help="Describe the data by itself, without a comparison."),
    _revision_options,
    _revision_or_path_arguments,
)


def _revision_or_file_arguments(command: Command) -> Command:
    """Pass BASE and HEAD as ``revisions`` does, or the names after ``merge`` as ``files``."""
    checked = _revision_arguments(command)

    def run(*, names: tuple[str, ...], part: Any, **others: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        if names[:1] == ("merge",) and part is None:  # with a part, it is a branch of this name
            if len(names) == 1:
                raise click.UsageError("Name the files of all parts after `merge`.")
            return checked(base=None, second=None, part=None, files=names[1:], **others)
        if len(names) > 2:  # noqa: PLR2004 - BASE and HEAD
            raise click.UsageError(f"Got an unexpected extra argument ({names[2]}).")
        base, second = (*names, None, None)[:2]
        return checked(base=base, second=second, part=part, files=(), **others)

    return cast("Command", wraps(command)(run))


revisions_or_merge = combine(
    click.argument("names", nargs=-1, metavar="[BASE] [HEAD] | merge FILE...", shell_complete=complete_revision),
    _revision_options,
    _revision_or_file_arguments,
)
anchor = click.option(
    "--anchor",
    metavar="REV",
    help="What gates judge HEAD against besides BASE: a tag, branch, commit or stage.  [default: from the settings]",
)
evidence = click.option(
    "--evidence",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file of `headway evidence merge`, to use instead of the tables of predictions.",
)
speed = click.option(
    "--speed",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file of `headway speed --out`: how fast both models are.",
)
all_projects = click.option(
    "--all-projects", is_flag=True, help="Compare each DVC project of the git repository that has changed."
)
fetch = click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Allow or forbid downloads of missing git commits and DVC files.  [default: commits in CI only, DVC files "
    "always]",
)
output_format = combine(
    click.option("--json", "output_format", flag_value="json", help="Print report.json, without charts."),
    click.option("--md", "output_format", flag_value="md", help="Print GitHub-flavored Markdown, without charts."),
)

strict = click.option("--strict", is_flag=True, help="Exit with 4 if something could not be published.")
fail_on = click.option(
    "--fail-on",
    type=click.Choice(("never", "publish", "gate")),
    default="never",
    show_default=True,
    help="publish: the same as --strict. gate: exit with 1 if a gate of a report failed, after all is published.",
)
images_branch = click.option(
    "--images-branch",
    metavar="NAME",
    help="The branch that stores images.  [default: from the settings, else headway-images]",
)
image_settings_file = click.option(
    "--settings", metavar="FILE", help="A settings file to read instead of headway.yaml; only its key `images` is used."
)
registry = combine(
    project,
    click.option(
        "--remote", metavar="NAME", help="The git remote whose tags count.  [default: origin, or the only one]"
    ),
)
_forge = click.option("--forge", type=click.Choice(FORGES), help="The forge.  [default: detected from CI]")
_repository = click.option("--repo", "repository", metavar="OWNER/NAME", help="The repository.  [default: from CI]")
_access = combine(
    click.option("--token-env", "token_variable", metavar="NAME", help="The environment variable with the token."),
    click.option(
        "--ca-bundle",
        type=click.Path(exists=True, dir_okay=False),
        help="A file of CA certificates to trust instead of the usual ones.",
    ),
)
_client = combine(
    _access,
    click.option("--dry-run", is_flag=True, help="Send read requests only; print each write request instead."),
)
forge = combine(
    _forge,
    _repository,
    click.option(
        "--pr", "pull_request", type=click.IntRange(min=1), metavar="N", help="The pull request.  [default: from CI]"
    ),
    click.option("--sha", metavar="SHA", help="The commit that the result belongs to.  [default: from CI]"),
    _client,
)
recording = combine(
    click.option("--record/--no-record", default=True, show_default=True, help="Record a deployment on GitHub."),
    _repository,
    _client,
)


class ForgeAccess(NamedTuple):
    """Which forge to use, if the environment does not say it; see :class:`headway.ci.job.Overrides`."""

    forge: ForgeKind | None = None
    repository: str | None = None
    token_variable: str | None = None
    ca_bundle: str | None = None

    def read(self, *, dry_run: bool = False) -> tuple[Context, ClientOptions]:
        """What every function takes that talks to a forge."""
        names = {**self._asdict(), "pull_request": None, "sha": None, "dry_run": dry_run}
        try:
            return read_forge(**names)
        except ContextError as error:
            if self.forge is None and detect(process_environment()) is None:
                error.remedy = "Name it: --forge github --repo OWNER/NAME."  # no pull request is needed here
            raise

    def connect(self, *, dry_run: bool = False) -> tuple[Context, Forge]:
        """The forge itself; in a dry run, it only reads, and what it does is not printed."""
        from headway.publish.forges.connect import connect

        context, client = self.read(dry_run=dry_run)
        if dry_run:
            client = replace(client, log=lambda _: None)
        return context, connect(context, client)


def forge_access(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a forge; the command receives them as one value, ``access``."""

    @wraps(command)
    def run(*args: Any, **others: Any) -> Any:  # noqa: ANN401 - as the command has it
        fields = {name: others.pop(name) for name in ForgeAccess._fields}
        return command(*args, access=ForgeAccess(**fields), **others)

    return combine(_forge, _repository, _access)(run)


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    click.echo(text.replace("##[", r"#\u0023["))  # which begins a command of GitHub's log


def _check_label(_: click.Context, __: click.Parameter, label: str) -> str:
    if len(label) > LABEL_LIMIT:
        raise click.BadParameter(f"It has {len(label)} characters; the limit is {LABEL_LIMIT}.")
    return replace_bytes(label)


label = click.option(
    "--label",
    default="",
    metavar="TEXT",
    callback=_check_label,
    help="A name that distinguishes several reports of one project.",
)
_image_options = combine(
    click.option(
        "--images",
        "store",
        type=click.Choice(IMAGE_STORES),
        help="Where to store images: a branch (GitHub), the forge's uploads, a bucket, or nowhere.  "
        "[default: from the settings, else auto]",
    ),
    images_branch,
    click.option("--bucket", metavar="URL", help="The bucket, as in s3://bucket/folder.  [default: from the settings]"),
    click.option("--bucket-url", metavar="URL", help="The bucket's public URL.  [default: from the settings]"),
    image_settings_file,
)


def images(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for image storage; the command receives them as one value, ``images``."""

    @wraps(command)
    def run(
        *args: Any,  # noqa: ANN401 - as the command has it
        store: str | None,
        images_branch: str | None,
        bucket: str | None,
        bucket_url: str | None,
        settings: str | None,
        **others: Any,  # noqa: ANN401 - likewise
    ) -> Any:  # noqa: ANN401 - likewise
        given = read_image_settings(
            settings, branch=images_branch or None, store=store, bucket=bucket, bucket_url=bucket_url
        )
        return command(*args, images=given, **others)

    return _image_options(run)


def read_image_settings(settings: str | None, **given: str | None) -> ImageSettings:
    """Where images go: the options that were given, over the settings of the current folder."""
    from headway.publish.images.settings import resolve_image_settings

    return resolve_image_settings(Path.cwd(), process_environment(), settings, **given)


def read_forge(*, ca_bundle: str | None, dry_run: bool, **overrides: Any) -> tuple[Context, ClientOptions]:  # noqa: ANN401 - the fields of Overrides
    """What the ``forge`` options and CI's environment say, as every publishing function takes it."""
    from headway.ci.read import read_context

    client = ClientOptions(ca_bundle=ca_bundle, dry_run=dry_run, log=lambda line: click.echo(line, err=not dry_run))
    return read_context(process_environment(), Overrides(**overrides)), client
