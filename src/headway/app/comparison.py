"""The one place that joins the stations: gather, compare, draw, report. Effects come in as arguments."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec

import headway
from headway.compare import compare
from headway.datasets.compare import Datasets
from headway.draw.renderer import Renderer
from headway.errors import ReportFileError, SettingsError
from headway.gather import Network, Quiet, Repository, allowed, read_includes
from headway.report import codec, html, markdown
from headway.report.templating import warm_up
from headway.settings import load_settings
from headway.values.chart import ImageChart
from headway.values.problem import Problem
from headway.values.report import PICTURE_FOLDER, PICTURE_ROLES, Include, Report
from headway.writing import write_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from headway.draw.queue import ChartQueue
    from headway.gather import Progress, View
    from headway.settings import Settings
    from headway.values.chart import Chart
    from headway.values.comparison import Comparison
    from headway.values.verification import Verification

SETTINGS_LIMIT = 1024 * 1024
"""Bytes of a settings file that are read at the most."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be compared.

    Attributes:
        repo: a folder inside the repository.
        base, head: names of revisions; ``None`` chooses the base, and takes the workspace as head.
        settings: a YAML file of the project to read in place of headway.yaml and pyproject.toml.
        environ: where CI's variables are looked up.
        fetch: whether git and DVC may fetch what is missing; see :func:`headway.gather.allowed`.
        progress: is told what is fetched.
    """

    repo: Path
    base: str | None
    head: str | None
    settings: str | None
    environ: Mapping[str, str]
    fetch: bool | None = None
    progress: Progress = field(default_factory=Quiet)


@dataclass(frozen=True)
class Sides:
    """Two opened revisions and the settings that head declares; ``verify`` gives ``None`` where head is a commit."""

    project: str
    base: View
    head: View
    settings: Settings
    verify: Callable[[], Verification | None]


@dataclass(frozen=True)
class Bundle:
    """A report and the pictures that it names, by path."""

    report: Report
    pictures: Mapping[str, bytes]


@contextmanager
def open_sides(request: Request) -> Iterator[Sides]:
    """Resolve and open both revisions; see :func:`headway.compare` for the errors."""
    network = allowed(request.fetch, request.environ, request.progress)
    with Repository.open(request.repo, network) as repository:
        head_revision = repository.resolve_head(request.head)
        head_view = repository.view(head_revision, "head")
        settings = load_settings(_reader(head_view), head_revision.name, request.settings)
        base_revision = repository.resolve_base(request.base or settings.base, head_revision, request.environ)
        if settings.base and not request.base:
            base_revision = msgspec.structs.replace(base_revision, chosen="named in the settings")
        check = partial(repository.verify, head_view, request.environ, thorough=False)
        verify = check if request.head is None else _unknown
        yield Sides(repository.project, repository.view(base_revision, "base"), head_view, settings, verify)


def compare_revisions(request: Request) -> Comparison:
    """Compare two revisions without drawing anything; see :func:`headway.compare`."""
    with open_sides(request) as sides:
        return compare_sides(sides)


def compare_sides(sides: Sides) -> Comparison:
    """Read and compare two opened sides."""
    return compare(sides.base.snapshot(), sides.head.snapshot(), sides.settings.directions())


def _unknown() -> None:
    """A commit is not verified: its lock speaks of files that would first have to be checked out."""


def verify_workspace(repo: Path, environ: Mapping[str, str], *, remote: bool, pull: bool = False) -> Verification:
    """Verify the workspace of a project; see :func:`headway.verify`.

    Args:
        repo, environ, remote: as there.
        pull: whether the files are then pulled without which ``dvc repro`` does not notice that a stage is stale.
    """
    with Repository.open(repo, Network(environ=environ)) as repository:
        view = repository.view(repository.resolve_head(None), "head")
        found = repository.verify(view, environ, remote=remote)
        if pull and found.pull:
            view.pull(found.pull)
        return found


def _reader(view: View) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        content = view.read(path, SETTINGS_LIMIT)
        if isinstance(content, Problem):
            raise SettingsError(f"{content.where} cannot be read.", why=f"{content.what}.", remedy=content.remedy)
        return content

    return read


def build_diff(request: Request) -> Report:
    """A report of the comparison alone, without charts and the team's own sections."""
    with open_sides(request) as sides:
        return _report(compare_sides(sides), sides.project, sides.verify())


def build_report(request: Request) -> Bundle:
    """Compare two revisions, draw their plots, and read the team's own sections; see :func:`headway.report`."""
    # The renderer comes first: its child process warms up on the second core while DVC gathers.
    with Renderer() as renderer, open_sides(request) as sides:
        from headway.draw.queue import ChartQueue, submit_image, submit_plot  # noqa: PLC0415 - polars, while the child warms up

        comparison = compare_sides(sides)
        _fetch_contents(sides, comparison)
        queue = ChartQueue(renderer)
        problems = [p for pair in comparison.plots for p in submit_plot(queue, pair, sides.base, sides.head)]
        inside = _look_inside(sides, comparison)
        _submit_inside(queue, inside)
        plots = len(queue)
        includes, originals, unread = read_includes(sides.settings.include, sides.base, sides.head)
        for path, sources in originals.items():
            submit_image(queue, path, path, sources)
        warm_up()  # compiles the templates while the child draws
        verification = sides.verify()
        charts, pictures, undrawn = queue.collect()
    report = msgspec.structs.replace(
        _report(comparison, sides.project, verification),
        charts=charts[:plots],
        includes=_with_pictures(includes, charts[plots:]),
        problems=(*comparison.problems, *problems, *inside.problems, *unread, *undrawn),
        datasets=tuple(inside.found),
    )
    return Bundle(report, pictures)


def build_data(request: Request, *, draw: bool) -> Bundle:
    """Compare the data of two revisions alone; see ``headway data``.

    Args:
        request: what is to be compared. Where it says to fetch, data that is not on this machine is downloaded into
            DVC's cache.
        draw: whether the distributions are drawn.
    """
    with ExitStack() as opened:
        renderer = opened.enter_context(Renderer()) if draw else None
        sides = opened.enter_context(open_sides(request))
        comparison = compare_sides(sides)
        inside = _look_inside(sides, comparison, fetch=bool(request.fetch))
        charts, pictures, undrawn = _drawn(renderer, inside) if renderer else ((), {}, ())
    report = Report(
        generator=headway.__version__,
        project=sides.project,
        base=comparison.base,
        head=comparison.head,
        notes=(*comparison.notes, *(() if inside.found or comparison.data else (_SAME_DATA,))),
        data=comparison.data,
        charts=charts,
        datasets=tuple(inside.found),
        problems=(*inside.problems, *undrawn),
    )
    return Bundle(report, pictures)


_SAME_DATA = "No data that DVC tracks differs between base and head"


def _look_inside(sides: Sides, comparison: Comparison, *, fetch: bool = False) -> Datasets:
    inside = Datasets(sides.base, sides.head, sides.settings.data, fetch)
    inside.compare(comparison.data)
    return inside


def _submit_inside(queue: ChartQueue, inside: Datasets) -> None:
    for chart in inside.charts:
        queue.submit(chart, jobs=inside.sheets.get(chart.id))


def _drawn(renderer: Renderer, inside: Datasets) -> tuple[tuple[Chart, ...], dict[str, bytes], tuple[Problem, ...]]:
    from headway.draw.queue import ChartQueue  # noqa: PLC0415 - polars, while the child warms up

    queue = ChartQueue(renderer)
    _submit_inside(queue, inside)
    return queue.collect()


def _fetch_contents(sides: Sides, comparison: Comparison) -> None:
    """Bring what the plots and the team's own sections read, all of a side at once; what is missing is said later."""
    includes = [rule.path for rule in sides.settings.include]
    for view in (sides.base, sides.head):
        plots = (getattr(pair, view.side) for pair in comparison.plots)
        view.fetch([*(file for plot in plots if plot for file in plot.files), *includes])


def _report(comparison: Comparison, project: str, verification: Verification | None) -> Report:
    shared = {field: getattr(comparison, field) for field in comparison.__struct_fields__ if field != "plots"}
    return Report(generator=headway.__version__, project=project, verification=verification, **shared)


def _with_pictures(includes: list[Include], charts: tuple[Chart, ...]) -> tuple[Include, ...]:
    drawn = {chart.id: chart for chart in charts if isinstance(chart, ImageChart)}
    return tuple(
        msgspec.structs.replace(include, **{role: getattr(drawn[include.path], role) for role in PICTURE_ROLES})
        if include.path in drawn
        else include
        for include in includes
    )


def write_report(bundle: Bundle, out: Path) -> None:
    """Write report.json, report.md, report.html and the pictures that they name; see :mod:`headway.writing`."""
    report = bundle.report
    documents = {
        "report.json": codec.encode(report),
        "report.md": markdown.render(report).encode(),
        "report.html": html.render(report, bundle.pictures).encode(),
    }
    write_files(out, bundle.pictures, documents, stale=_pictures_of_last_report(out))


def _pictures_of_last_report(out: Path) -> set[str]:
    try:
        last = codec.decode((out / "report.json").read_bytes())
    except (OSError, ReportFileError):  # no report yet, or one of another version: its pictures stay
        return set()
    return pictures_of(last)


def pictures_of(report: Report) -> set[str]:
    """The paths of the pictures that stand in a report's own folder."""
    return {path for _, path in codec.picture_paths(report) if path.startswith(f"{PICTURE_FOLDER}/")}
