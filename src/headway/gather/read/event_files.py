"""TensorBoard's event files: the scalars and the last images of each tag.

An event file is a series of records, each with checksums. The content of a record is a message that TensorBoard's own
classes decode. Its reader is not used: it computes checksums in Python, which takes 40 s for 100 MB, and does not tell
whether a file ends early or is damaged.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import google_crc32c
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE, DT_FLOAT

from headway.gather.read.parsing import UnreadableError
from headway.text import one_line, shortened
from headway.values.tables import IMAGE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TAGS = 1_000
"""Tags of a run that are read: a writer that names one for each step must not fill the memory."""
_LONGEST_TAG, _NO_NAME = 200, "(no name)"
_LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes of a record that is decoded: of empty values, the smallest, their objects take 35 times as much."""
_LONG_RECORDS = f"records of more than {_LONGEST_RECORD // 1024**2} MiB"
_LARGE_IMAGES = f"images of more than {IMAGE_LIMIT // 1024**2} MiB"
_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_FLOATS = {DT_FLOAT: (struct.Struct("<f"), "float_val"), DT_DOUBLE: (struct.Struct("<d"), "double_val")}
"""By type of a tensor, how its only number is packed, and the field that holds it if it is not."""
_SIZES = 2
"""Strings of a tensor of images, its width and height, that come before the images."""
_IGNORED = {
    "audio": "audio",
    "histo": "histograms",
    "histograms": "histograms",
    "mesh": "meshes",
    "pr_curves": "precision-recall curves",
    "text": "texts",
}
"""What is not drawn, by the field or the plugin that holds it. Graphs and hyperparameters are no results."""


@dataclass
class Scalars:
    """The values of one tag by rising step.

    A step that is not larger than those before is that of a restart, and replaces them, as in TensorBoard.
    """

    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def add(self, step: int, value: float) -> None:
        """Add a value."""
        while self.steps and self.steps[-1] >= step:
            self.steps.pop()
            self.values.pop()
        self.steps.append(step)
        self.values.append(value)


@dataclass
class Run:
    """What the event files of one run hold, in the order in which they are read.

    Attributes:
        scalars: the values by tag.
        images: the encoded images of the last step by tag.
        ignored: the kinds of data that are not drawn.
    """

    scalars: dict[str, Scalars] = field(default_factory=dict)
    images: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    _plugins: dict[str, str] = field(default_factory=dict)

    def read(self, data: bytes) -> None:
        """Add a file; raises ``UnreadableError`` after the last whole record of one that is cut off or damaged."""
        for number, record in enumerate(_records(data), 1):
            if len(record) > _LONGEST_RECORD:
                self.ignored.add(_LONG_RECORDS)
                continue
            try:
                event = Event.FromString(record)
            except DecodeError as error:
                raise _damaged(number, "is not an event") from error
            for value in event.summary.value:
                self._add(event.step, value)

    def _add(self, step: int, value: Any) -> None:  # noqa: ANN401 - the classes have no types
        kind, tag = value.WhichOneof("value"), tag_name(value.tag)
        if kind == "simple_value":
            self._add_number(tag, step, value.simple_value)
        elif kind == "tensor":
            self._add_tensor(tag, step, value)
        elif kind == "image":
            self._add_images(tag, (value.image.encoded_image_string,))
        elif kind in _IGNORED:
            self.ignored.add(_IGNORED[kind])

    def _add_tensor(self, tag: str, step: int, value: Any) -> None:  # noqa: ANN401 - likewise
        """Add a value of a newer writer, which says only once for each tag what it is."""
        if value.HasField("metadata") and len(self._plugins) < MOST_TAGS:
            self._plugins.setdefault(tag, value.metadata.plugin_data.plugin_name)
        plugin = self._plugins.get(tag, "")
        if plugin == "scalars" and (number := _number(value.tensor)) is not None:
            self._add_number(tag, step, number)
        elif plugin == "images":
            self._add_images(tag, tuple(value.tensor.string_val[_SIZES:]))
        elif plugin in _IGNORED:
            self.ignored.add(_IGNORED[plugin])

    def _add_number(self, tag: str, step: int, number: float) -> None:
        found = self.scalars.get(tag)
        if found is None and len(self.scalars) < MOST_TAGS:
            found = self.scalars[tag] = Scalars()
        if found is not None:
            found.add(step, number)

    def _add_images(self, tag: str, images: tuple[bytes, ...]) -> None:
        if tag in self.images or len(self.images) < MOST_TAGS:
            self.images[tag] = tuple(image for image in images if len(image) <= IMAGE_LIMIT)
            if len(self.images[tag]) < len(images):
                self.ignored.add(_LARGE_IMAGES)


@lru_cache(4 * MOST_TAGS)
def tag_name(tag: str) -> str:
    """A tag as a report shows it; a long one ends with a digest, because names of layers often differ at their ends."""
    name = one_line(tag) or _NO_NAME
    if len(name) <= _LONGEST_TAG:
        return name
    digest = sha256(tag.encode(errors="replace")).hexdigest()[:8]
    return f"{shortened(name, _LONGEST_TAG - len(digest) - 1)} {digest}"


def _number(tensor: Any) -> float | None:  # noqa: ANN401 - likewise
    """The number of a tensor that holds only one; ``None`` for any other."""
    packing, name = _FLOATS.get(tensor.dtype, (None, ""))
    if packing is None:
        return None
    if len(tensor.tensor_content) == packing.size:
        return float(packing.unpack(tensor.tensor_content)[0])
    values = getattr(tensor, name)
    return float(values[0]) if len(values) == 1 else None


def _records(data: bytes) -> Iterator[bytes]:
    """The contents of the records: each has its length, the length's checksum, its content and the content's checksum.

    Raises:
        UnreadableError: the file ends within a record, or a checksum is wrong.
    """
    place, number = 0, 1
    while place < len(data):
        start = place + _HEADER.size
        if start > len(data):
            raise _cut_off(number)
        length, checksum = _HEADER.unpack_from(data, place)
        if checksum != _masked(data[place : place + 8]):
            raise _damaged(number)
        end = start + length
        if end + _CHECKSUM.size > len(data):
            raise _cut_off(number)
        record = data[start:end]
        if _CHECKSUM.unpack_from(data, end) != (_masked(record),):
            raise _damaged(number)
        yield record
        place, number = end + _CHECKSUM.size, number + 1


def _masked(data: bytes) -> int:
    """The checksum of some bytes as it is stored: rotated, so that one of data with checksums in it is no constant."""
    crc = google_crc32c.value(data)
    return int(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _cut_off(record: int) -> UnreadableError:
    return UnreadableError(f"ends within record {record:,}; {_drawn_before(record)}")


def _damaged(record: int, how: str = "has a wrong checksum") -> UnreadableError:
    what = "is damaged" if record > 1 else "is damaged, or is not an event file"
    return UnreadableError(f"{what}: record {record:,} {how}; {_drawn_before(record)}")


def _drawn_before(record: int) -> str:
    return "what comes before it is drawn" if record > 1 else "nothing of it is drawn"
