"""The names that git gives to content, worked out here, so that nothing is sent that the forge has already.

Source: "Git Internals - Git Objects" in Pro Git.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def blob_sha(content: bytes) -> str:
    """The name of a file's content."""
    return _sha("blob", content)


def tree_sha(blobs: Mapping[str, str]) -> str:
    """The name of a folder of plain files.

    Args:
        blobs: the name of each file's content, by the file's name.
    """
    lines = [b"100644 %s\0%s" % (name, bytes.fromhex(sha)) for name, sha in _sorted(blobs)]
    return _sha("tree", b"".join(lines))


def _sorted(blobs: Mapping[str, str]) -> list[tuple[bytes, str]]:
    return sorted((name.encode(), sha) for name, sha in blobs.items())


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
