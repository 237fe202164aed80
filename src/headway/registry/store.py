"""Where the registry's tags are: on the remote that a team shares, or in a repository without one.

Git refuses to push a tag that exists, and that is the lock: of two promotions with the same counter, one is refused,
reads the tags again, and decides anew. Nothing is ever forced.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from headway.ci.job import TOKEN_VARIABLES
from headway.errors import MissingHistoryError, RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.gather.git.transfer import NO_LOGIN, PUSH, ask_remote, fetch, is_shallow
from headway.registry.grammar import parse_tag
from headway.registry.tags import TAGS, Tag, read_tags
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_NONE = "0" * 40
_PEELED = "^{}"
_MANY = 100
_DECLINED = re.compile(r"protected|rule violations|declined|GH013|not allowed|insufficient|denied", re.IGNORECASE)


class TagTakenError(Exception):
    """Somebody else has made a tag of this name in the meantime."""


class Store(Protocol):
    """The registry's tags, to read and to add to.

    Attributes:
        name: the remote's name; empty for a repository without a remote.
    """

    name: str

    def read(self) -> tuple[Tag, ...]:
        """The tags as they are now."""

    def publish(self, name: str, made: str) -> None:
        """Give a tag object its name, so that everybody sees it.

        Args:
            name: the tag's name.
            made: the SHA of the tag object, see :func:`headway.registry.drafts.write_object`.

        Raises:
            TagTakenError: there is another tag of this name.
            RepositoryError: the tag cannot be made.
        """


class LocalStore:
    """The tags of a repository without a remote."""

    name = ""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self) -> tuple[Tag, ...]:
        """See :class:`Store`."""
        return read_tags(self._root)

    def publish(self, name: str, made: str) -> None:
        """See :class:`Store`."""
        if not _refer(self._root, name, made):
            raise TagTakenError(name)


class RemoteStore:
    """The tags of the remote of a clone; the clone gets those that it lacks.

    Args:
        root: a folder of the clone.
        name: the remote.
        login: variables by which git logs in there, see :mod:`headway.ci.git_credentials`.
    """

    def __init__(self, root: Path, name: str, login: Mapping[str, str] = NO_LOGIN) -> None:
        self._root = root
        self.name = name
        self._login = login

    def read(self) -> tuple[Tag, ...]:
        """See :class:`Store`; tags that only the clone has do not count.

        Raises:
            RepositoryError: the remote cannot be read, or a tag of the clone is another one than the remote's.
        """
        refs = self._refs()
        there = _registered(refs)
        here = self._local()
        self._refuse_other(there, here)
        if lacking := there.keys() - here.keys():
            self._fetch({name: refs.get(f"{name}{_PEELED}", there[name]) for name in lacking})
        return tuple(tag for tag in read_tags(self._root) if there.get(tag.name) == tag.id)

    def _refs(self) -> dict[str, str]:
        """The SHA of each tag of the remote by name, and that of its commit by the name with ``^{}`` behind it."""
        with self._explained():
            answer = ask_remote(self._root, "ls-remote", "--tags", self.name, login=self._login)
        return {ref.removeprefix(TAGS): sha for sha, ref in (line.split("\t") for line in answer.splitlines())}

    def _listed(self) -> dict[str, str]:
        return _registered(self._refs())

    def _local(self) -> dict[str, str]:
        answer = run_git(self._root, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", TAGS)
        return {name: sha for sha, _, name in (line.partition(" ") for line in answer.splitlines())}

    def _refuse_other(self, there: dict[str, str], here: dict[str, str]) -> None:
        other = [name for name, sha in there.items() if here.get(name, sha) != sha]
        if other:
            raise RepositoryError(
                f"The tag {first_names(other)} of this clone is not the one of the remote {self.name!r}.",
                why="Somebody moved it, or made it here without pushing it.",
                remedy=f"git tag -d '{other[0]}' && git fetch {self.name} tag '{other[0]}'  # take the remote's",
            )

    def _fetch(self, commits: Mapping[str, str]) -> None:
        """Fetch tags by name; each has the SHA of its commit.

        Git's time grows with the square of the number of names, so for many tags it gets a pattern for each artifact.
        """
        names = list(commits)
        if len(names) > _MANY and not is_shallow(self._root):
            names = sorted({f"{re.split('[@#]', name)[0]}{kind}*" for name in names for kind in "@#"})
        refs = {f"{TAGS}{name}:{TAGS}{name}": commits.get(name, "") for name in names}
        with self._explained():
            fetch(self._root, self.name, refs, self._login)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except GitError as error:
            raise MissingHistoryError(
                f"The tags of the remote {self.name!r} could not be read.",
                why=error.why,
                remedy=f"git fetch --tags {self.name}  # until this works",
            ) from error

    def publish(self, name: str, made: str) -> None:
        """See :class:`Store`."""
        if self._local().get(name, made) != made:
            raise self._only_here(name)
        failure = self._push(name, made)
        now = self._listed().get(name)  # a push may have arrived although its answer did not
        if now is None:
            raise self._refused(name, failure)
        if now != made:
            raise TagTakenError(name)
        _refer(self._root, name, made)

    def _only_here(self, name: str) -> TagTakenError | RepositoryError:
        if name in self._listed():
            return TagTakenError(name)
        return RepositoryError(
            f"This clone has another tag {name}, which the remote {self.name!r} lacks.",
            why="It was made here, and not pushed.",
            remedy=f"git tag --delete '{name}'  # or git push {self.name} 'refs/tags/{name}'",
        )

    def _push(self, name: str, made: str) -> GitError | None:
        try:
            ask_remote(self._root, *PUSH, self.name, f"{made}:{TAGS}{name}", login=self._login)
        except GitError as error:
            return error
        return None

    def _refused(self, name: str, failure: GitError | None) -> RepositoryError:
        reported = failure.stderr if failure else ""
        remedy = f"git push --dry-run {self.name} HEAD:refs/tags/headway-may-push  # until this works"
        is_refused_login = failure is not None and failure.is_refused_login
        if not is_refused_login and _DECLINED.search(reported):
            remedy = "Ask somebody whom the remote's rules for tags allow to create it, or run it in the job that may."
        why = failure.why if failure else "The push succeeded, but the remote does not list the tag."
        return RepositoryError(f"The remote {self.name!r} did not take the tag {name}.", why=why, remedy=remedy)


def _registered(refs: Mapping[str, str]) -> dict[str, str]:
    """The SHA of each of the registry's tags, by name."""
    return {name: sha for name, sha in refs.items() if parse_tag(name)}


def _refer(root: Path, name: str, made: str) -> bool:
    """Let the clone's tag be this object; false if it has another one of this name."""
    try:
        run_git(root, "update-ref", f"{TAGS}{name}", made, _NONE, hidden=TOKEN_VARIABLES)
    except GitError:
        return run_git(root, "for-each-ref", "--format=%(objectname)", f"{TAGS}{name}").strip() == made
    return True
