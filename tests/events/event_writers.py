"""Event files as TensorBoard's own writer writes them, in all forms that values have had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.data_compat import migrate_value
from tensorboard.summary.writer.event_file_writer import EventFileWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Form = Literal["value", "tensor", "packed"]
"""What TensorFlow 1 and PyTorch write, what TensorBoard makes of it, and what TensorFlow 2 writes."""
FORMS: tuple[Form, ...] = ("value", "tensor", "packed")


def write_run(
    folder: Path,
    scalars: Mapping[str, Sequence[float]] | None = None,
    images: Mapping[str, Sequence[bytes]] | None = None,
    *,
    form: Form = "value",
    first: int = 0,
) -> Path:
    """Write one file into the folder of a run, and give its path.

    Args:
        scalars, images: the values of each tag, from step ``first`` on.
        form: how they are written.
    """
    known: set[str] = set()
    columns: list[tuple[str, Sequence[Any]]] = [*(scalars or {}).items(), *(images or {}).items()]
    rows = range(max((len(values) for _, values in columns), default=0))
    cells = [(first + row, _value(tag, values[row])) for row in rows for tag, values in columns if row < len(values)]
    return _write(folder, [(step, _written(value, form, known)) for step, value in cells])


def write_values(folder: Path, values: Iterable[Any]) -> Path:
    """Write one file with values of the first step, and give its path."""
    return _write(folder, [(0, value) for value in values])


def _write(folder: Path, values: Iterable[tuple[int, Any]]) -> Path:
    writer = EventFileWriter(str(folder))
    for step, value in values:
        writer.add_event(Event(step=step, wall_time=step, summary=Summary(value=[value])))
    writer.close()
    return max(folder.iterdir(), key=lambda path: int(path.name.rpartition(".")[2]))  # the number of the writer


def _value(tag: str, value: float | bytes) -> Any:
    if isinstance(value, bytes):
        return Summary.Value(tag=tag, image=Summary.Image(width=1, height=1, encoded_image_string=value))
    return Summary.Value(tag=tag, simple_value=value)


def _written(value: Any, form: Form, known: set[str]) -> Any:
    """The value in a form; newer ones say what a tag is only with its first value."""
    if form == "value":
        return value
    tensor = migrate_value(value)
    if form == "packed" and value.HasField("simple_value"):
        tensor.tensor.CopyFrom(type(tensor.tensor)(dtype=tensor.tensor.dtype, tensor_content=_packed(tensor.tensor)))
    if tensor.tag in known:
        tensor.ClearField("metadata")
    known.add(tensor.tag)
    return tensor


def _packed(tensor: Any) -> bytes:
    from tensorboard.util.tensor_util import make_ndarray  # noqa: PLC0415 - takes a third of a second

    return bytes(make_ndarray(tensor).tobytes())
