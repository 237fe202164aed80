"""The outputs whose bytes are not those that dvc.lock or a ``.dvc`` file records: edited by hand, or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.values.verification import EditedOut

if TYPE_CHECKING:
    from dvc.output import Output

    from headway.gather.verify.contents import Content
    from headway.gather.verify.workspace import Workspace


class EditedOuts:
    """Finds them in a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def found(self) -> list[EditedOut]:
        """The outputs whose bytes are not those that are recorded, by path."""
        found = (
            self._edited(path, out)
            for path, out in sorted(self._space.outs.items())
            if out.hash_info and self._space.owners[path] != self._space.running
        )
        return [edit for edit in found if edit]

    def _edited(self, path: str, out: Output) -> EditedOut | None:
        owner = self._space.owners[path]
        if not self._space.contents.is_here(path):
            return None if out.use_cache else self._lost(path, owner)
        if self._space.contents.is_heavy(path):
            self._space.note(path, "it is too large to be hashed for a report", "headway verify")
            return None
        content = self._space.content(path, out)
        if content is None:
            self._space.note(path, "it cannot be read")
        elif content.hash == out.hash_info.value:
            self._completed(path, out, content)
        elif content.unknown and self._may_be_a_part(path, out):
            self._space.note_unknown(path, content.unknown)
        else:
            return EditedOut(path=path, owner=owner, how="differs", files=content.differing)
        return None

    def _lost(self, path: str, owner: str) -> EditedOut | None:
        """An output that git should have."""
        if self._space.tree.is_ignored(path):
            self._space.note(path, "it is not here, and neither git nor DVC keeps it", f"dvc repro {owner}")
            return None
        return EditedOut(path=path, owner=owner, how="gone")

    def _may_be_a_part(self, path: str, out: Output) -> bool:
        """Whether fewer files are here than are recorded; as many or more cannot all be as recorded."""
        here = self._space.contents.here(path, out.hash_name)
        return isinstance(here, dict) and len(here) < (out.meta.nfiles or 0)

    def _completed(self, path: str, out: Output, content: Content) -> None:
        if content.absent:
            what = f"{content.absent:,} of its {out.meta.nfiles or 0:,} files are not here: removed, or not pulled"
            self._space.note(path, what, f"dvc pull {path}")
