"""Any Markdown of the user's own: its local pictures are published, and their addresses replaced in place.

Pictures are what ``![](...)`` and ``<img src>`` show from a file or a ``data:`` address. Links are never looked at, and
a file that is no picture is never published, whatever it is called. All other text stays byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from headway.errors import DocumentError
from headway.public_files import PrivateFileError, PublicFiles, refuse_links_out, repository_root
from headway.publish.documents.markdown_images import ImageReference, as_words, find_images, parser
from headway.publish.images.formats import PICTURE_LIMIT, DecodedImage, NotAnImageError
from headway.report import escaping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from headway.publish.images.store import ImageStore

    Read = Callable[[Path], bytes]

_ELSEWHERE = re.compile(r"(?!data:)[a-z][a-z0-9+.-]+:|//|#|\Z|/uploads/[0-9a-f]{32}/", re.IGNORECASE)
"""An address that is no file's: with a scheme (Windows' drives are no scheme), or a GitLab upload's, or nothing."""
_DATA = re.compile(r"data:(?P<type>[^,]*?)(?P<base64>;base64)?,(?P<data>.*)", re.IGNORECASE | re.DOTALL)
_EMBEDDED = re.compile(r"data:[\w.+/;=-]*+,[\w.+/=%~-]*+")
STDIN = Path("-")
"""What stands for standard input on a command line, and in a call from Python."""
_STANDARD_INPUT = (STDIN, Path("/dev/stdin"))
DOCUMENT_LIMIT = 100 * 1024 * 1024
"""Bytes that are read of a document at the most; the pictures embedded in it count."""
MOST_CHARACTERS = 1_000_000
"""Of a document, its embedded pictures left out: more than any forge's comment has room for."""
_NEWLINE = re.compile(r"\r\n?|\n")
_UNSAFE = re.compile(r"[\s\\<>()|\"']")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document of the user's own.

    Attributes:
        text: all of it, with whatever line ends it has.
        name: what to call it in errors.
        folder: what the paths of its pictures are relative to.
    """

    text: str
    name: str
    folder: Path


class _Loaded(NamedTuple):
    """An address, and the picture behind it under a name of its own."""

    image: ImageReference
    name: str
    content: DecodedImage


def is_stream(path: Path) -> bool:
    """Whether a path is no file of a folder, but standard input or what a shell puts in place of a file."""
    return path == STDIN or path.parent.as_posix() in {"/dev", "/dev/fd", "/proc/self/fd"}


def name_of(path: Path) -> str:
    """What to call a document or picture; all streams alike, because a shell numbers them as it likes."""
    return "stdin" if is_stream(path) else path.name


def shown(path: Path) -> str:
    """What to call a document or picture in an error about all of it."""
    return "Standard input" if path in _STANDARD_INPUT else str(path)


def read_input(path: Path, limit: int) -> bytes:
    """Read a file or standard input, and no more of it than is needed to see that it is too large.

    Raises:
        DocumentError: it is not there, cannot be read, or is empty.
    """
    try:
        refuse_links_out(path)
        content = _read_stdin(limit + 1) if path in _STANDARD_INPUT else _read_bounded(path, limit + 1)
    except OSError as error:
        raise DocumentError(f"{shown(path)} cannot be read.", why=f"{error.strerror}.") from error
    if not content.strip():
        raise DocumentError(f"{shown(path)} is empty.", remedy="Check the command that writes it.")
    return content


def _read_stdin(limit: int) -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        what = "closed" if sys.stdin is None else "a terminal"
        raise DocumentError(f"Standard input is {what}.", remedy="Redirect a file to it (< FILE), or name the file.")
    return sys.stdin.buffer.read(limit)


def _read_bounded(path: Path, limit: int = PICTURE_LIMIT + 1) -> bytes:
    with path.open("rb") as file:
        return file.read(limit)


def read_document(path: Path) -> Document:
    """Read a document from a file, or from standard input, beside whose pictures the working directory stands.

    Raises:
        DocumentError: it is not there, empty, too large, or not UTF-8.
    """
    content = read_input(path, DOCUMENT_LIMIT)
    try:
        text = "" if len(content) > DOCUMENT_LIMIT else content.decode()
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{shown(path)} is not UTF-8.",
            why=f"Byte {error.start} is none of it.",
            remedy="Publish a picture with `headway upload`.",
        ) from error
    if not text or len(_EMBEDDED.sub("", text)) > MOST_CHARACTERS:
        raise DocumentError(
            f"{shown(path)} is too long.",
            why=f"Without its pictures it has more than {MOST_CHARACTERS:,} characters; no forge has room for it.",
            remedy="Shorten it, and link the rest, an artifact of the run for example.",
        )
    return Document(text=text, name=name_of(path), folder=Path() if is_stream(path) else path.parent)


def publish_pictures(document: Document, store: ImageStore, read: Read | None = None) -> str:
    """The document's text with the addresses of its published pictures; with words where the store has no place.

    Args:
        document: whose pictures are published.
        store: where to.
        read: reads a file; what a stranger's document may not show by default raises ``PrivateFileError``.

    Raises:
        DocumentError: a picture is missing, too large or no picture; nothing is then published.
        ForgeError: they could not be stored.
    """
    loaded = _load(document, read or partial(_read_public, document.folder))
    addresses = store.put({each.name: each.content for each in loaded}) if loaded else {}
    return _replaced(document.text, loaded, addresses)


def title_of(document: Document) -> str:
    """The first heading, as plain words; the document's name where it has none."""
    tokens = parser().parse(document.text)
    text = next((after.content for token, after in pairwise(tokens) if token.type == "heading_open"), "")
    return escaping.clean(as_words(text)) or document.name


def picture_files(document: Document) -> list[Path]:
    """The files that the document shows, in its order, whether they are there or not."""
    images = _local(document, rewritten=True)
    return [_candidates(document.folder, image.address)[0] for image in images if not _is_data(image.address)]


def left_alone(document: Document) -> list[str]:
    """A sentence for each local image of a document that stays as it is."""
    return [
        f"{document.name}, line {_line(document, image)}: {escaping.clean(image.address)} is not published: "
        "only ![](...) and <img src> are, neither srcset nor a reference like ![][name]."
        for image in _local(document, rewritten=False)
    ]


def _local(document: Document, *, rewritten: bool) -> list[ImageReference]:
    """The document's images from files and ``data:`` addresses, in the forms that are rewritten or in the others."""
    local = (image for image in find_images(document.text) if not _ELSEWHERE.match(image.address))
    return [image for image in local if (image.span is not None) == rewritten]


def _line(document: Document, image: ImageReference) -> int:
    return len(_NEWLINE.findall(document.text, 0, image.whole.start)) + 1


def _is_data(address: str) -> bool:
    return address.lower().startswith("data:")


def _load(document: Document, read: Read) -> list[_Loaded]:
    loaded: list[_Loaded] = []
    problems: list[str] = []
    for number, image in enumerate(_local(document, rewritten=True)):
        try:
            loaded.append(_loaded(document, image, number, read))
        except _PictureError as error:
            problems.append(f"{document.name}, line {_line(document, image)}: {error}")
    if problems:
        first, *others = problems
        raise DocumentError(first, why="\n".join(others), remedy="Nothing was published. Links are not looked at.")
    return loaded


class _PictureError(Exception):
    """A picture cannot be published; says why, after the line's number."""


def _loaded(document: Document, image: ImageReference, number: int, read: Read) -> _Loaded:
    if _is_data(image.address):
        shown, name, content = "the embedded picture", "embedded", _decoded(image.address)
    else:
        shown, name = f"the picture {escaping.clean(image.address)}", image.address
        content = _read(shown, _candidates(document.folder, image.address), read)
    try:
        return _Loaded(image, f"{number}/{name}", DecodedImage(content))
    except NotAnImageError as error:
        raise _PictureError(f"{shown} {error}.") from None


def _candidates(folder: Path, address: str) -> list[Path]:
    """Which file an address may mean: as browsers read it, without query and fragment; else as it is written."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    return list(dict.fromkeys([folder / unquote(path), folder / address]))


def _read(shown: str, paths: Sequence[Path], read: Read) -> bytes:
    for path in paths:
        try:
            return read(path)
        except PrivateFileError as error:
            raise _PictureError(f"{shown} {error.reason}.") from error
        except (OSError, ValueError):  # a name that no file can have
            continue
    raise _PictureError(f"{shown} does not exist (looked for {paths[0]}).")


def _read_public(folder: Path, path: Path) -> bytes:
    """A picture's bytes, of the document's repository, else its folder, or of the working directory's repository."""
    places = (repository_root(folder.resolve()) or folder, repository_root(Path.cwd()))
    refusals = []
    for root in filter(None, places):
        try:
            return _read_bounded(PublicFiles(root).real(path))
        except PrivateFileError as error:
            refusals.append(error)
    raise refusals[0]


def _decoded(address: str) -> bytes:
    match = _DATA.fullmatch(address)
    if match is None:
        return b""
    content = unquote_to_bytes(match["data"])
    try:
        return base64.b64decode(content) if match["base64"] else content
    except binascii.Error:
        return b""


def _replaced(text: str, loaded: Iterable[_Loaded], addresses: Mapping[str, str]) -> str:
    """The text with the images' addresses replaced; with their words, where they have none."""
    parts, at = [], 0
    for each in loaded:
        address = addresses.get(each.name)
        span = each.image.whole if address is None or each.image.span is None else each.image.span
        new = _in_words(each) if address is None else _written(address + _fragment(each.image.address), each.image)
        parts += [text[at : span.start], new]
        at = span.end
    return "".join([*parts, text[at:]])


def _fragment(address: str) -> str:
    """What follows the number sign in a file's address: forges read ``#gh-dark-mode-only``."""
    return "" if _is_data(address) else "".join(address.partition("#")[1:])


def _written(address: str, image: ImageReference) -> str:
    """An address in the notation of the one that it replaces."""
    safe = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", address)
    if image.notation == "markdown":
        return safe
    return escape(safe) if image.notation == "quoted" else f'"{escape(safe)}"'


def _in_words(loaded: _Loaded) -> str:
    """What stands for a picture that has no place."""
    name = loaded.name.replace("\\", "/").rpartition("/")[2]
    words = f"(picture: {' '.join(loaded.image.words.split()) or name})"
    return str(escaping.text(words) if loaded.image.notation == "markdown" else escaping.forge_text(words))
