"""The desired state: which version each stage of each artifact should have, in one file that a request edits.

``registry.yaml`` at the root of the repository::

    digits:
      staging: v1.2.0
      production: v1.1.0
    models/de:digits:
      production: v1.0.0
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import YamlLimitError, edit_yaml, load_yaml
from headway.errors import SettingsError
from headway.text import one_line, shortened
from headway.values.registry.names import is_artifact, is_stage, is_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE = "registry.yaml"
LIMIT = 1024 * 1024
"""Bytes of the file that are read at most."""
_NEW = (
    b"# The version that each stage of each artifact should have.\n"
    b"# When a change is merged, a job makes the tags that assign the stages.\n"
)
_SHOWN = 60
"""Characters of an invalid name or value that an error repeats."""
_EXAMPLE = "Write `artifact: {stage: version}`, such as `digits: {production: v1.2.0}`."
_SIMPLER = f"Edit the stage in {FILE} by hand, or write the file without anchors and merge keys."


class Slot(NamedTuple):
    """A stage of an artifact, which has one version at a time."""

    artifact: str
    stage: str


class StateChange(NamedTuple):
    """A slot that differs between two states; ``None`` where it has no version."""

    slot: Slot
    before: str | None
    after: str | None


def parse_desired(data: bytes, file: str = FILE) -> dict[Slot, str]:
    """The version of each slot, in the order of the file; an empty file names none.

    Args:
        data: the content of the file.
        file: the file as error messages name it.

    Raises:
        SettingsError: the file is too large, is not valid YAML, or has another shape, or a name or version in it is not
            valid; the error names the line.
    """
    if len(data) > LIMIT:
        raise SettingsError(f"{file} is too large.", why=f"It has {len(data):,} bytes; {LIMIT:,} are allowed.")
    with _yaml_errors(file):
        document = load_yaml(data, "rt")
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsError(f"{file} is not valid.", why=f"It holds {_kind(document)}.", remedy=_EXAMPLE)
    return dict(_slots(document, file))


def edit_desired(data: bytes, slot: Slot, version: str, file: str = FILE) -> bytes:
    """The file with another version in one slot; comments, order and quotes stay as far as ruamel.yaml keeps them.

    Args:
        data: the content of the file; empty for a file that does not exist yet.
        slot: the artifact and stage; what the file lacks is added at the end.
        version: the version that the slot should have.
        file: the file as error messages name it.

    Raises:
        SettingsError: the file, or the name or version, is not valid, or the edit would change more than the slot.
    """
    before = parse_desired(data, file)
    if before.get(slot) == version:
        return data
    if not before and not data.strip():
        data = _NEW
    data = _with_mapping(data)
    parse_desired(data, file)  # a file that holds null in words has become another one
    with _yaml_errors(file):
        written = edit_yaml(data, lambda document: _put(document, slot, version))
    if parse_desired(written, file) != {**before, slot: version}:
        what = f"{slot.stage} of {slot.artifact} cannot be changed alone in {file}."
        raise SettingsError(what, why="Other entries share its value by an anchor or a merge key.", remedy=_SIMPLER)
    return written


def compare_states(before: Mapping[Slot, str], after: Mapping[Slot, str]) -> list[StateChange]:
    """The slots that differ between two states, in the order of the later one; those that it lacks come last."""
    changes = (StateChange(slot, before.get(slot), after.get(slot)) for slot in dict.fromkeys((*after, *before)))
    return [change for change in changes if change.before != change.after]


def _with_mapping(data: bytes) -> bytes:
    """A document of comments alone has no mapping that an entry could be added to."""
    if load_yaml(data, "rt") is not None:
        return data
    return data + (b"{}\n" if data.endswith(b"\n") else b"\n{}\n")


def _put(document: Any, slot: Slot, version: str) -> None:  # noqa: ANN401 - ruamel's trees are not typed
    if not document:
        document.fa.set_block_style()
    if not document.get(slot.artifact):
        document[slot.artifact] = {}
    document[slot.artifact][slot.stage] = version


@contextmanager
def _yaml_errors(file: str) -> Iterator[None]:
    """An error of ruamel.yaml, as one that names the file and its line."""
    try:
        yield
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}, line {mark.line + 1}" if mark else file
        problem = one_line(getattr(error, "problem", None) or str(error))
        why = f"It {problem}." if isinstance(error, YamlLimitError) else f"{problem}."
        raise SettingsError(f"{where} is not valid YAML.", why=why) from error


def _slots(document: Any, file: str) -> Iterator[tuple[Slot, str]]:  # noqa: ANN401 - likewise
    for artifact, stages in document.items():
        line = _line(document, artifact)
        if not (isinstance(artifact, str) and is_artifact(artifact)):
            raise _invalid(file, line, artifact, "the name of an artifact, such as `digits` or `models/de:digits`")
        if stages is None:
            continue
        if not isinstance(stages, dict):
            raise _invalid(file, line, stages, f"a mapping of stages to versions for {artifact}")
        for stage, version in stages.items():
            line = _line(stages, stage) or line
            if not (isinstance(stage, str) and is_stage(stage)):
                raise _invalid(file, line, stage, "the name of a stage, such as `production`")
            if not (isinstance(version, str) and is_version(version)):
                raise _invalid(file, line, version, "a version, such as `v1.2.0`")
            yield Slot(artifact, stage), str(version)


def _line(mapping: Any, key: object) -> int | None:  # noqa: ANN401 - likewise
    """The line of a key; a key that a merge brings has none."""
    place = (mapping.lc.data or {}).get(key)
    return place[0] + 1 if place else None


def _invalid(file: str, line: int | None, found: object, expected: str) -> SettingsError:
    where = f"{file}, line {line}" if line else file
    shown = _kind(found) if isinstance(found, dict | list) or found is None else repr(shortened(str(found), _SHOWN))
    return SettingsError(f"{where} is not valid.", why=f"Expected {expected}, got {shown}.", remedy=_EXAMPLE)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "a single value"
