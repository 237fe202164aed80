"""The settings: whether they can be read, and whether what they name exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.app.doctor.findings import Finding, SkippedError, failed, need, of_error, ok, warning
from headway.app.side_settings.declared_names import unknown_names
from headway.compare.metrics import compare_metrics, expected_in_files, rule_of, unmatched_patterns
from headway.errors import HeadwayError
from headway.judge.suggestions import suggest
from headway.paths import is_below, normalize
from headway.report.formatting import count
from headway.settings import TOML_NAME, YAML_NAME, Settings, locate_settings
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.app.doctor.ground import Ground
    from headway.gather import RevisionReader
    from headway.judge.unknown_names import UnknownName

_FEW = 3
_BROKEN = "the settings cannot be read"
_ABSENT = "there are no settings"


def check_readable(ground: Ground) -> Finding:
    """The settings file."""
    if isinstance(ground.settings, HeadwayError):
        return of_error(ground.settings)
    if ground.request.settings:
        return ok(ground.request.settings)
    if ground.read(YAML_NAME) is not None:
        return ok(YAML_NAME)
    if ground.settings != Settings():
        return ok(f"[tool.headway] in {TOML_NAME}")
    if ground.snapshot is None or isinstance(ground.snapshot, HeadwayError):
        raise SkippedError(_ABSENT)
    remedy = f"headway rules --suggest > {ground.from_here(YAML_NAME)}"
    return warning("there are none, so changes are shown, but none is judged", remedy)


def _settings(ground: Ground) -> Settings:
    settings = need(ground.settings, _BROKEN)
    if settings == Settings():
        raise SkippedError(_ABSENT)
    return settings


def check_names(ground: Ground) -> Finding:
    """The names that match nothing."""
    settings, (head, snapshot) = _settings(ground), ground.require_project()
    base = _base(ground) or head
    unknown = list(unknown_names(settings, (base.snapshot(), snapshot, ()), (base, head)))
    if unknown:
        place = _place(ground, unknown[0])
        what = f"{place}: {'.'.join(unknown[0].path)} {unknown[0].what}, in neither base nor head{_more(unknown)}"
        nearest = unknown[0].nearest
        return failed(what, f"In {place}, {f'write {nearest!r} instead' if nearest else 'remove it'}.")
    metrics = compare_metrics(snapshot, snapshot, settings.metrics)
    idle = list(unmatched_patterns(expected_in_files(settings.metrics, metrics), metrics))
    if idle:
        return warning(
            f"{idle[0].where}: {idle[0].what}{_more(idle)}",
            "Correct or remove the rule; `headway rules` shows which apply.",
        )
    return ok("every rule matches something")


def _base(ground: Ground) -> RevisionReader | None:
    """The base, which may have what head lacks; ``None`` if this clone does not have it."""
    repository, declared = need(ground.repository, _BROKEN), ground.request.job.base
    name = None if declared else ground.usable_settings.base
    try:
        found = repository.resolve_base(name, repository.resolve_head(None), declared)
        return repository.open_revision(found, "base")
    except HeadwayError:
        return None


def _place(ground: Ground, name: UnknownName) -> str:
    """The file and line of a name in the settings."""
    file, (number,) = locate_settings(ground.read, "workspace", ground.request.settings, [name.path])
    file = file.removesuffix(" (workspace)")
    return f"{file}, line {number}" if number else file


def _more(found: Sequence[object]) -> str:
    return f" (and {len(found) - 1} more)" if found[1:] else ""


def check_directions(ground: Ground) -> Finding:
    """The metrics of which nobody says what is better."""
    settings, (_, snapshot) = _settings(ground), ground.require_project()
    names = [(file, key) for file, values in sorted(snapshot.metrics.items()) for key in values]
    if not names:
        raise SkippedError("there are no metrics")
    rules = {name: rule_of(*name, settings.metrics)[1] for name in names}
    unknown = [key for (_, key), rule in rules.items() if rule.direction is None and not rule.machine]
    suggested = [key for key in unknown if suggest(key, ()).rule.direction]
    if not suggested and len(unknown) < len(names):  # of a number of rows, neither direction is better
        return ok(f"{len(names) - len(unknown)} of {count(len(names), 'metric')} have one")
    return warning(
        f"no rule says what is better for {len(unknown)} of {count(len(names), 'metric')}: "
        f"{first_names(suggested or unknown, _FEW)}",
        "headway rules --suggest  # and paste what fits into the settings",
    )


def check_paths(ground: Ground) -> Finding:
    """The files that the settings name."""
    settings, (head, _) = _settings(ground), ground.require_project()
    named = dict(_paths(settings))
    if not named:
        raise SkippedError("the settings name no files")
    missing = [path for path in named if not _exists(ground, head, path)]
    if missing:
        first = missing[0]
        what = f"{named[first]} in the settings names {first}, which neither git nor DVC has"
        remedy = f"Correct the path under `{named[first]}`, or declare the file as an output of a stage."
        return warning(f"{what}{_more(missing)}", remedy)
    return ok(f"{count(len(named), 'path')} found")


def _paths(settings: Settings) -> Iterator[tuple[str, str]]:
    """The paths in the settings, each with the key that it is under."""
    for table in settings.predictions:
        yield table.path, "predictions"
        if table.examples and table.examples.table:
            yield table.examples.table, "predictions"
    yield from ((section.path, "include") for section in settings.include)
    yield from ((path, "evaluation") for path in settings.evaluation or ())


def _exists(ground: Ground, head: RevisionReader, path: str) -> bool:
    """Whether a path is on disk, recorded by DVC, or will be written by a stage."""
    snapshot = need(ground.snapshot, _BROKEN)
    outs = {*snapshot.data, *snapshot.others, *(out for stage in snapshot.stages.values() for out in stage.outs)}
    is_recorded = any(is_below(normalize(path), out) for out in outs)
    return (ground.root / path).exists() or is_recorded or head.may_appear(path)
