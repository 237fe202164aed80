"""What a run was about to publish, so that the next one knows what became of it.

A rollback that is repeated would go back one version more. So a run notes the tag before it publishes it, in git's own
folder, and forgets the note once its user has seen the result.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import msgspec

from headway.errors import WriteError
from headway.public_files import git_folder, repository_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.registry.tags import Tag


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that a run was about to publish.

    Attributes:
        request: what the user asked for, such as ``rollback digits in production``.
        tag: the tag's name.
        id: the SHA of the tag object.
    """

    request: str
    tag: str
    id: str


class Journal:
    """The note of the last run in a clone; without a git folder to write to, nothing is noted."""

    def __init__(self, folder: Path) -> None:
        root = repository_root(folder.resolve())
        self._file = git_folder(root) / "headway" / "registry.json" if root else None

    def note(self, note: Note) -> None:
        """Write the note before the tag is published.

        Raises:
            WriteError: the folder cannot be written.
        """
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(exist_ok=True)
            with NamedTemporaryFile(dir=self._file.parent, prefix=self._file.name, delete=False) as partial:
                partial.write(msgspec.json.encode(note))  # a name of its own: two runs may share the clone
            Path(partial.name).replace(self._file)
        except OSError as error:
            raise WriteError(
                f"The rollback could not be noted in {self._file.parent}.",
                why=f"{error.strerror or error}. Without a note, a rollback that is repeated would go back twice.",
                remedy="Make that folder writable, or name the version to roll back from with --from: then no note is "
                "needed.",
            ) from error

    def published(self, request: str, tags: Iterable[Tag]) -> Tag | None:
        """The tag that an earlier run of the same request published without telling its user."""
        if self._file:
            with suppress(OSError, msgspec.MsgspecError):
                note = msgspec.json.decode(self._file.read_bytes(), type=Note)
                if note.request == request:
                    return next((tag for tag in tags if tag.name == note.tag and tag.id == note.id), None)
        return None

    def forget(self) -> None:
        """Remove the note: the user knows the result."""
        if self._file:
            with suppress(OSError):
                self._file.unlink()
