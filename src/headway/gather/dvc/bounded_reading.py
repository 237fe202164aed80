"""DVC reads pipeline files, variables and parameters through Headway's parsers.

DVC itself opens whatever has the name, lets ten lines of YAML become a billion values, and takes 0.4 s for a lock of
300 stages.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from dvc.dvcfile import PROJECT_FILE
from dvc.parsing import DEFAULT_PARAMS_FILE
from dvc.utils import strictyaml
from dvc.utils.serialize import LOADERS, ParseError, YAMLFileCorruptedError
from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import load_yaml
from headway.gather.git.files import DAMAGED, is_of_git
from headway.gather.read.parsing import MOST_BYTES, UnreadableError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dvc.fs import FileSystem


class UnreadableFileError(ParseError):  # type: ignore[misc]  # DVC carries no types
    """A file that DVC must not read; ``reason`` is a sentence without a full stop."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.reason = f"It {reason}"


@contextmanager
def bounded_reading() -> Iterator[None]:
    """Replace DVC's readers for as long as the context lasts."""
    loaders, default, parse_yaml = dict(LOADERS), LOADERS.default_factory, strictyaml.parse_yaml
    LOADERS.clear()
    LOADERS.default_factory = lambda: _load
    strictyaml.parse_yaml = _parse_yaml
    try:
        yield
    finally:
        LOADERS.clear()
        LOADERS.update(loaders)
        LOADERS.default_factory = default
        strictyaml.parse_yaml = parse_yaml


def check_file(fs: FileSystem, path: str) -> None:
    """Raise :class:`UnreadableFileError` unless a path is a regular file within the limit, or does not exist."""
    if fs.exists(path) and not fs.isfile(path):
        raise UnreadableFileError(path, "is not a regular file")
    try:
        is_large = fs.exists(path) and (fs.size(path) or 0) > MOST_BYTES  # none where git's object is gone
    except Exception as error:
        if is_of_git(error):
            raise UnreadableFileError(path, DAMAGED) from error
        raise
    if is_large:
        raise UnreadableFileError(path, f"is larger than {MOST_BYTES // 1024**2} MiB")


def load_tree(path: str, fs: FileSystem) -> Any:  # noqa: ANN401 - what the file holds
    """Parse a file by its ending; an empty one is an empty mapping. Raises ``UnreadableFileError``."""
    check_file(fs, path)
    with fs.open(path, "rb") as file:
        data = file.read()
    try:
        return (parse(path, data) if data.strip() else {}) or {}
    except UnreadableError as error:
        raise UnreadableFileError(path, str(error)) from error


def _load(path: str, fs: FileSystem, **_: object) -> Any:  # noqa: ANN401 - likewise
    try:
        return load_tree(path, fs)
    except UnreadableFileError as error:
        if isinstance(error.__cause__, UnreadableError) and _is_unused(path, fs):
            return {}
        raise


def _is_unused(path: str, fs: FileSystem) -> bool:
    """Whether this is a params.yaml that DVC reads for its variables, although dvc.yaml uses none.

    What is wrong with it is reported where it is read as parameters.
    """
    pipeline = fs.join(fs.parent(path), PROJECT_FILE)
    if fs.name(path) != DEFAULT_PARAMS_FILE or not fs.isfile(pipeline):
        return False
    with fs.open(pipeline, "rb") as file:
        return b"${" not in file.read(MOST_BYTES)


def _parse_yaml(text: str, path: str, typ: Literal["safe", "rt"] = "safe") -> Any:  # noqa: ANN401 - likewise
    try:
        if typ == "rt" or not text.strip():
            return load_yaml(text, typ) or {}
        tree = parse(f"{path}.yaml", text.encode()) or {}
    except YAMLError as error:
        raise YAMLFileCorruptedError(path) from error
    except UnreadableError as error:
        raise YAMLFileCorruptedError(path) from error.__cause__ or error
    return {"schema": "2.0", "stages": tree} if path.endswith(".lock") and _is_of_dvc_1(tree) else tree


def _is_of_dvc_1(lock: object) -> bool:
    """Whether a lock file holds nothing but stages, each with its command; DVC 2 added a schema."""
    return isinstance(lock, dict) and bool(lock) and all(isinstance(it, dict) and "cmd" in it for it in lock.values())
