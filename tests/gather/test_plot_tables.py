"""Plots with their data: what is drawn where columns, files or rows are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headway.gather.read.plot_tables import PlotReader
from headway.values.problem import Problem
from headway.values.snapshot import Axis, PlotDefinition

if TYPE_CHECKING:
    from headway.values.tables import PlotSource

CURVES = "epoch,loss,acc\n0,9,0.1\n1,8,0.2\n"


def plot(*files: str, x: str = "", y: str = "", **properties: Any) -> PlotDefinition:
    """``plot("a.csv", x="a.csv:epoch", y="a.csv:loss b.csv:loss")``."""
    axes = [tuple(Axis(*name.split(":")) for name in names.split()) for names in (x, y)]
    return PlotDefinition(id="p", form="table", files=files, x=axes[0], y=axes[1], **properties)


def read(definition: PlotDefinition, **files: str | Problem) -> tuple[PlotSource | None, list[str]]:
    """``a_csv="..."`` is the file a.csv."""
    contents = {
        name.replace("_", "."): text.encode() if isinstance(text, str) else text for name, text in files.items()
    }
    source, problems = PlotReader(contents.get, "head").source(definition)
    return source, [f"{problem.where}: {problem.what}" for problem in problems]


def drawn(definition: PlotDefinition, **files: str) -> dict[str, dict[str, list[Any]]]:
    source, problems = read(definition, **files)
    assert source is not None
    assert not problems
    return {file: frame.to_dict(as_series=False) for file, frame in source.frames.items()}


def test_only_the_named_columns_are_read() -> None:
    assert drawn(plot("a.csv", x="a.csv:epoch", y="a.csv:loss"), a_csv=CURVES) == {
        "a.csv": {"epoch": ["0", "1"], "loss": ["9", "8"]}
    }


def test_without_y_the_last_column_is_drawn() -> None:
    source, _ = read(plot("a.csv"), a_csv=CURVES)
    assert source is not None
    assert source.definition.y == (Axis("a.csv", "acc"),)
    assert source.frames["a.csv"].columns == ["acc"]


def test_a_template_of_the_teams_own_may_use_every_column() -> None:
    source, _ = read(plot("a.csv", y="a.csv:loss", custom={"mark": "line"}), a_csv=CURVES)
    assert source is not None
    assert source.frames["a.csv"].columns == ["epoch", "loss", "acc"]


def test_sizes_and_thresholds_are_read_beside_the_columns_of_their_rows() -> None:
    text = "Count,p,q,threshold\n3,0.1,0.2,0.5\n4,0.3,0.4,\n"
    assert drawn(plot("a.csv", x="a.csv:p", y="a.csv:q"), a_csv=text)["a.csv"] == {
        "p": ["0.1", "0.3"],
        "q": ["0.2", "0.4"],
        "Count": ["3", "4"],
        "threshold": ["0.5", None],
    }
    lists = '{"old": [{"p": 1, "q": 2, "n": 3}], "new": [{"p": 4, "q": 5}], "other": [{"n": 6}]}'
    source, _ = read(plot("a.json", x="a.json:p", y="a.json:q"), a_json=lists)
    assert source is not None
    assert source.frames["a.json"].to_dict(as_series=False) == {"p": [4], "q": [5]}


def test_several_files_each_give_their_own_columns() -> None:
    definition = plot("a.csv", "b.csv", x="a.csv:epoch b.csv:epoch", y="a.csv:loss b.csv:loss")
    assert drawn(definition, a_csv=CURVES, b_csv="loss,epoch\n5,0\n") == {
        "a.csv": {"epoch": ["0", "1"], "loss": ["9", "8"]},
        "b.csv": {"epoch": ["0"], "loss": ["5"]},
    }


def test_one_x_of_another_file_serves_every_y() -> None:
    definition = plot("a.csv", "b.csv", x="b.csv:t", y="a.csv:loss a.csv:acc")
    source, problems = read(definition, a_csv=CURVES, b_csv="t\n0\n1\n")
    assert source is not None
    assert source.definition == definition
    assert not problems


def test_a_missing_column_costs_its_own_curve() -> None:
    source, problems = read(plot("a.csv", x="a.csv:epoch", y="a.csv:los a.csv:acc"), a_csv=CURVES)
    assert source is not None
    assert source.definition.y == (Axis("a.csv", "acc"),)
    assert problems == ["a.csv (head): the plot file has no column 'los' (perhaps 'loss'); it has epoch, loss, acc"]


def test_a_missing_x_costs_the_plot_and_is_said_once() -> None:
    source, problems = read(plot("a.csv", x="a.csv:step", y="a.csv:loss a.csv:acc"), a_csv=CURVES)
    assert source is None
    assert problems == ["a.csv (head): the plot file has no column 'step'; it has epoch, loss, acc"]


def test_a_list_of_many_columns_is_cut() -> None:
    wide = ",".join(f"c{i}" for i in range(100))
    _, problems = read(plot("a.csv", y="a.csv:y"), a_csv=f"{wide}\n{wide}\n")
    assert problems == [
        "a.csv (head): the plot file has no column 'y'; it has c0, c1, c2, c3, c4, c5, c6, c7 and 92 more"
    ]


def test_many_missing_columns_are_one_footnote() -> None:
    _, problems = read(plot("a.csv", y=" ".join(f"a.csv:y{number}" for number in range(10_000))), a_csv=CURVES)
    named = "'y0', 'y1', 'y2', 'y3', 'y4', 'y5', 'y6', 'y7' and 9,992 more"
    assert problems == [f"a.csv (head): the plot file has no columns {named}; it has epoch, loss, acc"]


def test_a_missing_file_costs_its_own_curves() -> None:
    definition = plot("a.csv", "b.csv", x="a.csv:epoch b.csv:epoch", y="a.csv:loss b.csv:loss")
    source, problems = read(definition, a_csv=CURVES)
    assert source is not None
    assert (source.definition.x, source.definition.y) == ((Axis("a.csv", "epoch"),), (Axis("a.csv", "loss"),))
    assert problems == ["b.csv (head): the plot file does not exist"]


def test_a_file_that_cannot_be_had_keeps_its_own_footnote() -> None:
    lost = Problem(where="a.csv (head)", what="is missing from DVC's cache", remedy="dvc pull a.csv")
    source, problems = PlotReader(lambda _: lost, "head").source(plot("a.csv"))
    assert source is None
    assert problems == (lost,)


def test_bad_rows_deep_in_a_file_are_said() -> None:
    assert read(plot("a.csv", y="a.csv:b"), a_csv="a,b\n1,2\n3\n")[1] == [
        "a.csv (head): line 3 has 1 of 2 cells; missing cells are empty, surplus ones left out"
    ]
    latin = PlotReader(lambda _: b"a,b\n1,2\n3,\xe9\n", "base").source(plot("a.csv"))
    assert latin == (None, (Problem(path="a.csv", side="base", what="the plot file is not UTF-8 text (line 3)"),))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a_csv", "loss,epoch,loss\n1,2,3\n", "column 3 is drawn, not column 1"),
        ("a_csv", "loss,loss,loss\n1,2,3\n", "column 3 is drawn, not column 1 or 1 more"),
        (
            "a_json",
            '{"a": [{"loss": 1}], "b": {"c": [{"loss": 2}]}}',
            "the list 'b.c' is drawn, not the list 'a'",
        ),
    ],
)
def test_a_column_that_a_file_holds_twice_is_told_with_what_is_drawn(name: str, text: str, said: str) -> None:
    file = name.replace("_", ".")
    source, (problem,) = read(plot(file, y=f"{file}:loss"), **{name: text})
    assert source is not None
    assert problem == f"{file} (head): the plot file has 'loss' more than once: {said}"


def test_a_column_held_twice_that_is_not_drawn_needs_no_word() -> None:
    assert drawn(plot("a.csv", y="a.csv:acc"), a_csv="loss,loss,acc\n1,2,3\n") == {"a.csv": {"acc": ["3"]}}


def test_a_plot_without_rows_is_not_drawn() -> None:
    assert read(plot("a.csv", y="a.csv:loss"), a_csv="epoch,loss\n") == (
        None,
        ["p (head): the plot has columns and no rows"],
    )


def test_columns_of_unequal_length_are_not_joined() -> None:
    definition = plot("a.csv", "b.csv", x="b.csv:t", y="a.csv:loss")
    assert read(definition, a_csv=CURVES, b_csv="t\n0\n") == (
        None,
        ["p (head): the plot cannot join 't' of b.csv and 'loss' of a.csv: they have 1 and 2 rows"],
    )


def test_a_column_named_rev_is_a_column() -> None:
    definition = plot("a.csv", x="a.csv:rev", y="a.csv:field")
    assert drawn(definition, a_csv="rev,field,filename\nr1,2,3\n") == {"a.csv": {"rev": ["r1"], "field": ["2"]}}


def test_without_a_header_the_columns_are_numbers() -> None:
    definition = msgspec.structs.replace(plot("a.csv", x="a.csv:0", y="a.csv:1"), header=False)
    assert drawn(definition, a_csv="cat,dog\ndog,dog\n") == {"a.csv": {"0": ["cat", "dog"], "1": ["dog", "dog"]}}
