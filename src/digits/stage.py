"""What every stage shares: how it reads its parameters, writes its small files, and ends when it cannot go on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

PARAMS = Path("params.yaml")

T = TypeVar("T")


class PipelineError(Exception):
    """A stage cannot go on. The message says what happened, why, and what to do."""


def read_params(section: str, kind: type[T]) -> T:
    """Read one section of ``params.yaml`` as a value of ``kind``.

    Raises:
        PipelineError: the file or the section is missing, or a value has the wrong type, range or name.
    """
    try:
        sections = msgspec.yaml.decode(PARAMS.read_bytes(), type=dict[str, Any])
        # Not strict: YAML 1.1 takes 1e-3 for a text where DVC takes it for a number.
        return msgspec.convert(sections[section], kind, strict=False)
    except FileNotFoundError as error:
        raise PipelineError(f"{PARAMS} is missing: run the stage from the repository's root.") from error
    except KeyError as error:
        raise PipelineError(f"{PARAMS} has no section `{section}`: add it.") from error
    except msgspec.DecodeError as error:  # broken YAML as well as a value that is not what the stage expects
        raise PipelineError(f"{PARAMS}, section `{section}`: {error}") from error


def write_csv(table: pd.DataFrame, path: Path, numbers: str = "%.6g") -> None:
    """Write a table; six significant digits of a number make stable bytes and small diffs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format=numbers, lineterminator="\n")


def write_json(value: Mapping[str, object], path: Path) -> None:
    """Write a mapping in its own order, indented, so that git shows one changed number as one changed line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def run(main: Callable[[], None]) -> None:
    """Run a stage as a program: a :class:`PipelineError` becomes one message and exit code 1, Ctrl-C becomes 130."""
    try:
        main()
    except PipelineError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
