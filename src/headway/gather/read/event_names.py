"""Which files are event files of TensorBoard, and the run that each belongs to: by their names alone."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from headway.sorting import by_name
from headway.values.snapshot import PlotDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.sorting import NameKey

_MARK = "tfevents"
_NO_EVENTS = (
    *(".csv", ".json", ".toml", ".tsv", ".yaml", ".yml"),
    *(".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"),
    *(".dvc", ".profile-empty"),
)
"""Endings of files that have TensorBoard's mark in their names and hold no events: other plots, and DVC's own files."""
_HPARAMS = re.compile(r"\d{9,}\.\d+")
"""The folder that PyTorch's ``add_hparams`` makes for each call: the time, which the other side does not have."""


def is_event_file(path: str) -> bool:
    """Whether TensorBoard would read a file."""
    if _MARK not in path:  # a listing has a hundred thousand names
        return False
    name = posixpath.basename(path)
    return _MARK in name and not name.lower().endswith(_NO_EVENTS)


def run_of(file: str, folder: str) -> str:
    """The run of a file: its folder relative to that of all runs, which is "." itself."""
    return posixpath.relpath(posixpath.dirname(file) or ".", folder)


def plot_of_events(folder: str, files: Iterable[str]) -> PlotDefinition | None:
    """The plot of the event files of a folder, in the order in which they are read; ``None`` if there are none."""
    found = (file for file in files if _is_of_a_run(file) and file != folder)  # which may be called tfevents
    events = sorted(found, key=lambda file: _reading_order(file, folder))
    return PlotDefinition(id=folder, form="events", files=tuple(events), folder=folder) if events else None


def _is_of_a_run(file: str) -> bool:
    return is_event_file(file) and not _HPARAMS.fullmatch(posixpath.basename(posixpath.dirname(file)))


def _reading_order(file: str, folder: str) -> tuple[NameKey, NameKey]:
    """By run, and within a run by the time at which a file was begun, which is the first number in its name."""
    return by_name(run_of(file, folder)), by_name(posixpath.basename(file))
