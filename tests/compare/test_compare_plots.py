"""Plots are paired by what declares them, whatever names DVC gives them in each revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headway.compare.plots import definition_changes, drawn_apart, pair_plots
from headway.values.comparison import PlotPair
from headway.values.snapshot import Axis, PlotDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable


def plots(*declared: str, title: str | None = None) -> tuple[PlotDefinition, ...]:
    """``plots("a/dvc.yaml::loss", "b/dvc.yaml::loss")``, named as DVC names them in one revision."""
    parts = [each.rpartition("::") for each in declared]
    names = [name for _, _, name in parts]
    return tuple(
        PlotDefinition(
            id=f"{source}::{name}" if source and names.count(name) > 1 else name,
            form="table",
            files=(name if name.endswith(".csv") else f"{source}.csv",),
            source=source,
            title=title,
        )
        for source, _, name in parts
    )


def sources(pairs: tuple[PlotPair, ...]) -> list[tuple[str | None, ...]]:
    return [(pair.id, *(side.source if side else None for side in (pair.base, pair.head))) for pair in pairs]


def titles(pairs: tuple[PlotPair, ...]) -> list[str | None]:
    return [(pair.head or pair.base).title for pair in pairs]  # type: ignore[union-attr]  # a pair has a side


def test_a_plot_keeps_its_partner_when_a_second_one_takes_its_name() -> None:
    pairs = pair_plots(plots("a/dvc.yaml::loss"), plots("a/dvc.yaml::loss", "b/dvc.yaml::loss"))
    assert sources(pairs) == [
        ("a/dvc.yaml::loss", "a/dvc.yaml", "a/dvc.yaml"),
        ("b/dvc.yaml::loss", None, "b/dvc.yaml"),
    ]


def test_same_named_plots_of_two_pipelines_are_never_compared_with_each_other() -> None:
    pairs = pair_plots(plots("a/dvc.yaml::loss"), plots("b/dvc.yaml::loss"))
    assert sources(pairs) == [("b/dvc.yaml::loss", None, "b/dvc.yaml"), ("a/dvc.yaml::loss", "a/dvc.yaml", None)]


def test_the_order_of_the_pipelines_does_not_matter() -> None:
    pairs = pair_plots(plots("a/dvc.yaml::l", "b/dvc.yaml::l"), plots("b/dvc.yaml::l", "a/dvc.yaml::l"))
    assert sources(pairs) == [
        ("b/dvc.yaml::l", "b/dvc.yaml", "b/dvc.yaml"),
        ("a/dvc.yaml::l", "a/dvc.yaml", "a/dvc.yaml"),
    ]


def test_a_file_that_another_place_declares_is_the_same_plot() -> None:
    assert sources(pair_plots(plots("::a/loss.csv"), plots("a/dvc.yaml::a/loss.csv"))) == [
        ("a/loss.csv", "", "a/dvc.yaml")
    ]


def test_equal_titles_are_told_apart_by_their_folders() -> None:
    both = plots("a/dvc.yaml::loss", "models/b/dvc.yaml::loss", "dvc.yaml::loss", title="Loss")
    pairs = pair_plots(both, both)
    assert titles(pairs) == ["Loss (a)", "Loss (models/b)", "Loss (.)"]
    assert pairs[0].base is not None
    assert pairs[0].base.title == "Loss (a)"


def test_equal_titles_in_one_folder_are_told_apart_by_their_plots() -> None:
    head = plots("dvc.yaml::one.csv", "dvc.yaml::two.csv", title="Loss")
    assert titles(pair_plots((), head)) == ["Loss (one.csv)", "Loss (two.csv)"]


def test_a_title_that_is_used_once_stays_as_it_is() -> None:
    assert titles(pair_plots((), plots("a/dvc.yaml::loss", title="Loss"))) == ["Loss"]


def plot(y: str = "loss", x: str = "step", **properties: Any) -> PlotDefinition:
    """``plot("loss acc", "step", template="simple")`` of the file a.csv, ``b.csv:loss`` of another."""
    return PlotDefinition(id="p", form=properties.pop("form", "table"), files=(), x=axes(x), y=axes(y), **properties)


def axes(names: str) -> tuple[Axis, ...]:
    parts: Iterable[tuple[str, str, str]] = (name.rpartition(":") for name in names.split())
    return tuple(Axis(file or "a.csv", field) for file, _, field in parts)


MANY = " ".join(f"c{number}" for number in range(9))


@pytest.mark.parametrize(
    ("base", "head", "changes"),
    [
        (plot(), plot("acc"), ["y was 'loss', is 'acc'"]),
        (plot(), plot(x=""), ["x was 'step', is the row number"]),
        (plot(x=""), plot("acc"), ["x was the row number, is 'step'", "y was 'loss', is 'acc'"]),
        (plot(""), plot("", ""), ["x was 'step', is the row number"]),
        (plot(""), plot(), ["y was the last column, is 'loss'"]),
        (plot("a.csv:y"), plot("b.csv:y", "step"), ["y was 'y' of a.csv, is 'y' of b.csv"]),
        (plot(), plot(MANY), ["y was 'loss', is 'c0', 'c1', 'c2', 'c3', 'c4', 'c5' and 3 more"]),
        (plot("x", "y"), plot("y", "x"), ["x was 'y', is 'x'", "y was 'x', is 'y'"]),
        (plot("a b", "s t"), plot("a b", "t s"), ["x was 's' and 't', is 't' and 's'"]),
        (plot(), plot(template="confusion"), ["the template was linear, is confusion"]),
        (plot(), plot(template="ours", custom={}), ["the template was linear, is 'ours'"]),
        (plot(template="t", custom={}), plot(template="t", custom={"a": 1}), ["the template 't' has other content"]),
        (plot(header=False), plot(), ["header was false, is true"]),
        (plot(), plot(form="image"), ["the form was table, is image"]),
        (plot("a b"), plot("b a"), []),
        (plot("a b", "s t"), plot("b a", "t s"), []),
        (plot(title="A", x_label="a"), plot(title="B", y_label="b"), []),
        (plot(template="smooth"), plot(template="simple"), []),
        (plot(template="confusion"), plot(template="confusion_normalized"), []),
        (plot(template="bar_horizontal"), plot(template="bar_horizontal_sorted"), []),
        (plot(template="scatter_jitter"), plot(template="scatter"), []),
    ],
)
def test_what_changes_a_number_is_a_change(base: PlotDefinition, head: PlotDefinition, changes: list[str]) -> None:
    assert list(definition_changes(base, head)) == changes


def test_plots_that_are_drawn_apart_name_their_sides() -> None:
    head, base = drawn_apart(PlotPair(id="a.csv", base=plot(), head=plot("acc", title="Accuracy")))
    assert (head.id, head.base, head.head) == ("a.csv", None, plot("acc", title="Accuracy (head)"))
    assert (base.id, base.base, base.head) == ("base::a.csv", plot(title="a.csv (base)"), None)
