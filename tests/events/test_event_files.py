"""TensorBoard's event files: every form of a value, restarts, and files that are cut off or damaged anywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import google_crc32c
import pytest
from events.event_writers import FORMS, Form, write_run, write_values
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE, DT_FLOAT, DT_STRING

from headway.gather.read import event_files
from headway.gather.read.event_files import Run
from headway.gather.read.event_names import plot_of_events
from headway.gather.read.parsing import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOSS = [0.5, 0.25, math.nan, 0.125]


def read(*files: Path) -> Run:
    run = Run()
    for file in files:
        run.read(file.read_bytes())
    return run


def points(run: Run, tag: str) -> list[tuple[int, float]]:
    return list(zip(run.scalars[tag].steps, run.scalars[tag].values, strict=True))


def of_plugin(tag: str, plugin: str, **tensor: Any) -> Any:
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
    return Summary.Value(tag=tag, metadata=metadata, tensor=TensorProto(**tensor))


@pytest.mark.parametrize("form", FORMS)
def test_scalars_are_read_in_every_form(tmp_path: Path, form: Form) -> None:
    run = read(write_run(tmp_path, {"loss": LOSS, "acc": [0.75]}, form=form, first=3))
    assert [step for step, _ in points(run, "loss")] == [3, 4, 5, 6]
    assert [repr(value) for _, value in points(run, "loss")] == ["0.5", "0.25", "nan", "0.125"]
    assert points(run, "acc") == [(3, 0.75)]
    assert not run.images


@pytest.mark.parametrize("form", FORMS)
def test_of_images_those_of_the_last_step_are_kept(tmp_path: Path, form: Form) -> None:
    run = read(write_run(tmp_path, images={"samples": [b"first", b"last"]}, form=form))
    assert run.images == {"samples": (b"last",)}
    assert not run.scalars


def test_a_step_of_several_images_gives_all(tmp_path: Path) -> None:
    strings = [b"32", b"32", b"one", b"two"]
    value = of_plugin("a", "images", dtype=DT_STRING, string_val=strings)
    assert read(write_values(tmp_path, [value])).images == {"a": (b"one", b"two")}


def test_a_double_keeps_all_its_digits(tmp_path: Path) -> None:
    value = of_plugin("a", "scalars", dtype=DT_DOUBLE, double_val=[0.1])
    assert points(read(write_values(tmp_path, [value])), "a") == [(0, 0.1)]


@pytest.mark.parametrize(
    "value",
    [
        of_plugin("a", "scalars", dtype=DT_FLOAT, float_val=[1, 2]),
        of_plugin("a", "scalars", dtype=DT_FLOAT, tensor_content=b"123"),
        of_plugin("a", "scalars", dtype=DT_STRING, string_val=[b"1"]),
        of_plugin("a", "images", dtype=DT_STRING, string_val=[b"1"]),
        of_plugin("a", "", dtype=DT_FLOAT, float_val=[1]),
        Summary.Value(tag="a"),
    ],
)
def test_what_is_no_scalar_and_no_image_is_passed_over(tmp_path: Path, value: Any) -> None:
    run = read(write_values(tmp_path, [Summary.Value(tag="loss", simple_value=1), value]))
    assert list(run.scalars) == ["loss"]
    assert not any(run.images.values())


def test_what_is_not_drawn_is_named(tmp_path: Path) -> None:
    values = [
        Summary.Value(tag="h", histo=HistogramProto(min=1)),
        of_plugin("t", "text", dtype=DT_STRING, string_val=[b"words"]),
        of_plugin("_hparams_/experiment", "hparams"),
    ]
    assert read(write_values(tmp_path, values)).ignored == {"histograms", "texts"}


def test_a_restart_replaces_the_steps_from_which_it_goes_on(tmp_path: Path) -> None:
    first = write_run(tmp_path, {"loss": [9, 8, 7, 6], "lr": [1.0]})
    again = write_run(tmp_path, {"loss": [5, 4, 3]}, first=2)
    plot = plot_of_events("logs", [f"logs/{again.name}", f"logs/{first.name}"])
    assert plot is not None
    assert plot.files == (f"logs/{first.name}", f"logs/{again.name}")
    run = read(first, again)
    assert points(run, "loss") == [(0, 9), (1, 8), (2, 5), (3, 4), (4, 3)]
    assert points(run, "lr") == [(0, 1)]


def test_files_are_read_in_the_order_in_which_they_were_begun() -> None:
    names = [f"logs/events.out.tfevents.{time}.host.7.{number}" for time, number in ((1700000001, 9), (1700000001, 10))]
    later = "logs/events.out.tfevents.1700000002.a.1.0"
    plot = plot_of_events("logs", [later, *reversed(names), "logs/model.pt", f"{later}.profile-empty"])
    assert plot is not None
    assert plot.files == (*names, later)


@pytest.mark.parametrize("ending", [".dvc", ".PNG", ".svg", ".csv", ".toml"])
def test_other_plots_and_dvcs_own_files_may_have_the_mark_in_their_names(ending: str) -> None:
    assert plot_of_events("logs", [f"logs/tfevents{ending}", f"logs/events.out.tfevents.1.h{ending}"]) is None


def cut(data: bytes) -> bytes:
    return data[:-5]


def flipped(data: bytes) -> bytes:
    return data[:-10] + bytes([data[-10] ^ 1]) + data[-9:]


def long(data: bytes) -> bytes:
    """A length beyond the end of the file, with its checksum."""
    size = (2**63).to_bytes(8, "little")
    return data + size + masked(size)


def foreign(data: bytes) -> bytes:
    """A whole record of something else."""
    size = (1).to_bytes(8, "little")
    return data + size + masked(size) + b"\xff" + masked(b"\xff")


def masked(data: bytes) -> bytes:
    crc: int = google_crc32c.value(data)
    return (((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "ends within record 4; what comes before it is drawn"),
        (flipped, "is damaged: record 4 has a wrong checksum"),
        (long, "ends within record 5"),
        (foreign, "is damaged: record 5 is not an event"),
        (lambda data: data + b"\0\0\0", "ends within record 5"),
        (lambda data: data + bytes(100), "is damaged: record 5 has a wrong checksum"),
    ],
)
def test_what_comes_before_the_damage_is_kept(tmp_path: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    data = write_run(tmp_path, {"loss": [4, 3], "acc": [1]}).read_bytes()  # after a record with the file's version
    run = Run()
    with pytest.raises(UnreadableError, match=said):
        run.read(damage(data))
    assert points(run, "acc") == [(0, 1)]
    assert points(run, "loss") == ([(0, 4), (1, 3)] if "record 5" in said else [(0, 4)])


def test_another_file_is_refused_at_its_first_record() -> None:
    what = "is damaged, or is not an event file: record 1 has a wrong checksum; nothing of it is drawn"
    with pytest.raises(UnreadableError, match=what):
        Run().read(b"epoch,loss\n1,0.5\n")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("run")
    return write_run(folder, {"loss": [4, 3, 2]}, {"samples": [b"\x89PNG"]}, form="tensor").read_bytes()


@given(place=st.integers(0, 10_000), other=st.integers(1, 255), length=st.integers(0, 10_000))
def test_no_damage_changes_a_value(whole: bytes, place: int, other: int, length: int) -> None:
    data = bytearray(whole)
    data[place % len(data)] ^= other
    run = Run()
    try:
        run.read(bytes(data[: length % len(data)]))
    except UnreadableError as error:
        assert "record" in str(error)  # noqa: PT017 - most damage ends in an error, and some cuts do not
    kept = points(run, "loss") if run.scalars else []
    assert kept == [(0, 4.0), (1, 3.0), (2, 2.0)][: len(kept)]
    assert run.images in ({}, {"samples": (b"\x89PNG",)})


@given(st.binary(max_size=200))
def test_any_event_is_read_or_refused(content: bytes) -> None:
    size = len(content).to_bytes(8, "little")
    data = size + masked(size) + content + masked(content)
    run = Run()
    try:
        run.read(data)
    except UnreadableError:
        return
    assert Event.FromString(content) is not None


def test_tags_are_short_lines_of_text(tmp_path: Path) -> None:
    run = read(write_run(tmp_path, {"a\nb\u202e": [1], "x" * 200: [1], "": [1]}))
    assert list(run.scalars) == ["a b", "x" * 200, "(no name)"]


def test_long_tags_that_differ_at_their_ends_stay_apart(tmp_path: Path) -> None:
    run = read(write_run(tmp_path, {f"{'x' * 10_000}{end}": [end] for end in range(3)}))
    assert [list(found.values) for found in run.scalars.values()] == [[0], [1], [2]]
    assert {len(tag) for tag in run.scalars} == {200}


def test_what_is_too_large_is_named_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "IMAGE_LIMIT", 100)
    monkeypatch.setattr(event_files, "_LONGEST_RECORD", 1_000)
    images = {"a": [b"small", bytes(101)], "b": [bytes(1_000)], "c": [bytes(100)]}
    run = read(write_run(tmp_path, {"loss": [1, 2]}, images))
    assert points(run, "loss") == [(0, 1), (1, 2)]
    assert run.images == {"a": (), "c": (bytes(100),)}
    assert run.ignored == {"images of more than 20 MiB", "records of more than 64 MiB"}


def test_a_tag_for_each_step_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "MOST_TAGS", 3)
    run = read(write_run(tmp_path, {f"loss {number}": [1, 2] for number in range(5)}))
    assert {tag: len(found.steps) for tag, found in run.scalars.items()} == {f"loss {number}": 2 for number in range(3)}
