"""Plots are paired by what declares them, whatever names DVC gives them in each revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.plots import pair_plots
from headway.values.snapshot import PlotDefinition

if TYPE_CHECKING:
    from headway.values.comparison import PlotPair


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
