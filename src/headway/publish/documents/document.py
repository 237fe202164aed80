"""Your own Markdown: its local images are published, and their addresses replaced in place.

Images are what ``![](...)`` and ``<img src>`` show from a file or a ``data:`` address. Links are never followed, and a
file that is not an image is never published, whatever it is called. All other text stays byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from headway.errors import DocumentError
from headway.public_files import PrivateFileError, PublicFiles, refuse_links_out, repository_root
from headway.publish.documents.markdown_images import ImageReference, find_image_references, parser, plain_text
from headway.publish.images.formats import IMAGE_LIMIT, DecodedImage, NotAnImageError
from headway.report import escaping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headway.publish.images.store import ImageStore

_NOT_LOCAL = re.compile(r"(?!data:)[a-z][a-z0-9+.-]+:|//|#|\Z|/uploads/[0-9a-f]{32}/", re.IGNORECASE)
"""An address that is not a file's: with a scheme (a drive of Windows is not one), of a GitLab upload, or empty."""
_DATA = re.compile(r"data:(?P<type>[^,]*?)(?P<base64>;base64)?,(?P<data>.*)", re.IGNORECASE | re.DOTALL)
_EMBEDDED = re.compile(r"data:[\w.+/;=-]*+,[\w.+/=%~-]*+")
STDIN = Path("-")
"""Standard input, on a command line and in a call from Python."""
_STANDARD_INPUT = (STDIN, Path("/dev/stdin"))
DOCUMENT_LIMIT = 100 * 1024 * 1024
"""Bytes of a document, its embedded images included."""
MOST_CHARACTERS = 1_000_000
"""Characters of a document without its embedded images: more than any forge's comment has room for."""
_NEWLINE = re.compile(r"\r\n?|\n")
_UNSAFE = re.compile(r"[\s\\<>()|\"']")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document: its text, with whatever line ends it has, its name in errors, and what its paths are relative to."""

    text: str
    name: str
    folder: Path


class _LoadedImage(NamedTuple):
    """A reference, and the image behind it under a name of its own."""

    reference: ImageReference
    name: str
    content: DecodedImage


class _ImageError(Exception):
    """An image cannot be published; the message says why, and follows the number of the line."""


def is_stream(path: Path) -> bool:
    """Whether a path is standard input, or what a shell puts in place of a file."""
    return path == STDIN or path.parent.as_posix() in {"/dev", "/dev/fd", "/proc/self/fd"}


def short_name(path: Path) -> str:
    """The name of a document or image; the same for all streams, because a shell numbers them as it likes."""
    return "stdin" if is_stream(path) else path.name


def display_name(path: Path) -> str:
    """What an error calls a file."""
    return "Standard input" if path in _STANDARD_INPUT else str(path)


def read_input(path: Path, limit: int) -> bytes:
    """Read a file or standard input, but no more than one byte beyond the limit."""
    try:
        refuse_links_out(path)
        content = _read_stdin(limit + 1) if path in _STANDARD_INPUT else _read_bounded(path, limit + 1)
    except OSError as error:
        raise DocumentError(f"{display_name(path)} cannot be read.", why=f"{error.strerror}.") from error
    if not content.strip():
        raise DocumentError(f"{display_name(path)} is empty.", remedy="Check the command that writes it.")
    return content


def _read_stdin(limit: int) -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        what = "closed" if sys.stdin is None else "a terminal"
        raise DocumentError(f"Standard input is {what}.", remedy="Redirect a file to it (< FILE), or name the file.")
    return sys.stdin.buffer.read(limit)


def _read_bounded(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit)


def read_document(path: Path) -> Document:
    """Read a document from a file, or from standard input, whose paths are relative to the working directory."""
    content = read_input(path, DOCUMENT_LIMIT)
    try:
        text = "" if len(content) > DOCUMENT_LIMIT else content.decode()
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{display_name(path)} is not UTF-8.",
            why=f"Byte {error.start} is none of it.",
            remedy="Publish an image with `headway upload`.",
        ) from error
    if not text or len(_EMBEDDED.sub("", text)) > MOST_CHARACTERS:
        raise DocumentError(
            f"{display_name(path)} is too long.",
            why=f"Without its images it has more than {MOST_CHARACTERS:,} characters; no forge has room for it.",
            remedy="Shorten it, and link the rest, for example an artifact of the run.",
        )
    return Document(text=text, name=short_name(path), folder=Path() if is_stream(path) else path.parent)


def publish_images(document: Document, store: ImageStore) -> str:
    """The text with the URLs of its published images, or text in their place; if any is bad, none is published."""
    loaded = _load_images(document)
    urls = store.put({each.name: each.content for each in loaded}) if loaded else {}
    return _replaced(document.text, loaded, urls)


def title_of(document: Document) -> str:
    """The first heading, as plain text; the document's name where it has none."""
    tokens = parser().parse(document.text)
    text = next((after.content for token, after in pairwise(tokens) if token.type == "heading_open"), "")
    return escaping.clean(plain_text(text)) or document.name


def image_files(document: Document) -> list[Path]:
    """The files that the document shows, in its order, whether they exist or not."""
    references = _local_images(document, rewritten=True)
    return [_candidates(document.folder, each.address)[0] for each in references if not _is_data(each.address)]


def unpublished_images(document: Document) -> list[str]:
    """A sentence for each local image that stays as it is."""
    return [
        f"{document.name}, line {_line(document, reference)}: {escaping.clean(reference.address)} is not published: "
        "Headway publishes ![](...) and <img src>, but neither srcset nor a reference like ![][name]."
        for reference in _local_images(document, rewritten=False)
    ]


def _local_images(document: Document, *, rewritten: bool) -> list[ImageReference]:
    """The images from files and ``data:`` addresses, in the forms that are rewritten or in the others."""
    local = (each for each in find_image_references(document.text) if not _NOT_LOCAL.match(each.address))
    return [each for each in local if (each.span is not None) == rewritten]


def _line(document: Document, reference: ImageReference) -> int:
    return len(_NEWLINE.findall(document.text, 0, reference.whole.start)) + 1


def _is_data(address: str) -> bool:
    return address.lower().startswith("data:")


def _load_images(document: Document) -> list[_LoadedImage]:
    loaded: list[_LoadedImage] = []
    problems: list[str] = []
    for number, reference in enumerate(_local_images(document, rewritten=True)):
        try:
            loaded.append(_loaded(document, reference, number))
        except _ImageError as error:
            problems.append(f"{document.name}, line {_line(document, reference)}: {error}")
    if problems:
        first, *others = problems
        raise DocumentError(first, why="\n".join(others), remedy="Nothing was published. Links are not checked.")
    return loaded


def _loaded(document: Document, reference: ImageReference, number: int) -> _LoadedImage:
    if _is_data(reference.address):
        image, name, content = "the embedded image", "embedded", _decoded(reference.address)
    else:
        image, name = f"the image {escaping.clean(reference.address)}", reference.address
        content = _read_image(image, document.folder, reference.address)
    try:
        return _LoadedImage(reference, f"{number}/{name}", DecodedImage(content))
    except NotAnImageError as error:
        raise _ImageError(f"{image} cannot be published. {error}") from None


def _candidates(folder: Path, address: str) -> list[Path]:
    """Which file an address may mean: as browsers read it, without query and fragment; else as it is written."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    return list(dict.fromkeys([folder / unquote(path), folder / address]))


def _read_image(image: str, folder: Path, address: str) -> bytes:
    paths = _candidates(folder, address)
    for path in paths:
        try:
            return _read_public(folder, path)
        except PrivateFileError as error:
            raise _ImageError(f"{image} {error.reason}.") from error
        except (OSError, ValueError):  # a name that no file can have
            continue
    raise _ImageError(f"{image} does not exist (looked for {paths[0]}).")


def _read_public(folder: Path, path: Path) -> bytes:
    """A file of the document's repository, else of its folder, or of the working directory's repository."""
    roots = (repository_root(folder.resolve()) or folder, repository_root(Path.cwd()))
    refusals = []
    for root in filter(None, roots):
        try:
            return _read_bounded(PublicFiles(root).real(path), IMAGE_LIMIT + 1)
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


def _replaced(text: str, loaded: Iterable[_LoadedImage], urls: Mapping[str, str]) -> str:
    """The text with the images' addresses replaced, or the images themselves where they have no URL."""
    parts, at = [], 0
    for each in loaded:
        reference, url = each.reference, urls.get(each.name)
        span = reference.whole if url is None or reference.span is None else reference.span
        # Forges read the fragment of a file's address, such as #gh-dark-mode-only.
        fragment = "" if _is_data(reference.address) else "".join(reference.address.partition("#")[1:])
        new = _as_text(each) if url is None else _notated(f"{url}{fragment}", reference)
        parts += [text[at : span.start], new]
        at = span.end
    return "".join([*parts, text[at:]])


def _notated(url: str, reference: ImageReference) -> str:
    """A URL in the notation of the address that it replaces."""
    safe = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", url)
    if reference.notation == "markdown":
        return safe
    return escape(safe) if reference.notation == "quoted" else f'"{escape(safe)}"'


def _as_text(loaded: _LoadedImage) -> str:
    """What replaces an image that has no URL."""
    name = loaded.name.replace("\\", "/").rpartition("/")[2]
    text = f"(image: {' '.join(loaded.reference.alt.split()) or name})"
    return str(escaping.text(text) if loaded.reference.notation == "markdown" else escaping.forge_text(text))
