"""DVC reads pipeline files, variables and parameters with Headway's limits: nothing hangs, and an error names its file.

DVC itself opens whatever has the name, and lets ten lines of YAML become a billion values.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
    """A file that DVC is not left to read.

    Attributes:
        path: the file.
        reason: a sentence without a full stop.
    """

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
    """Refuse what is no file, or too large: DVC reads a whole file before it looks at it."""
    if fs.exists(path) and not fs.isfile(path):
        raise UnreadableFileError(path, "is no regular file")
    try:
        is_large = fs.exists(path) and (fs.size(path) or 0) > MOST_BYTES  # none where git's object is gone
    except Exception as error:
        if is_of_git(error):
            raise UnreadableFileError(path, DAMAGED) from error
        raise
    if is_large:
        raise UnreadableFileError(path, f"is larger than {MOST_BYTES // 1024**2} MiB")


def _load(path: str, fs: FileSystem, **_: object) -> Any:  # noqa: ANN401 - what the file holds
    check_file(fs, path)
    with fs.open(path, "rb") as file:
        data = file.read()
    try:
        return (parse(path, data) if data.strip() else {}) or {}
    except UnreadableError as error:
        if _is_unused(path, fs):
            return {}
        raise UnreadableFileError(path, str(error)) from error


def _is_unused(path: str, fs: FileSystem) -> bool:
    """Whether a file is read only because DVC takes every params.yaml for variables, which dvc.yaml does not use.

    The file's own reading as parameters says what is wrong with it.
    """
    pipeline = fs.join(fs.parent(path), PROJECT_FILE)
    if fs.name(path) != DEFAULT_PARAMS_FILE or not fs.isfile(pipeline):
        return False
    with fs.open(pipeline, "rb") as file:
        return b"${" not in file.read(MOST_BYTES)


def _parse_yaml(text: str, path: str, typ: str = "safe") -> Any:  # noqa: ANN401 - likewise
    try:
        return load_yaml(text, "rt" if typ == "rt" else "safe") or {}
    except YAMLError as error:
        raise YAMLFileCorruptedError(path) from error
