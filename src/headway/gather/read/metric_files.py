"""Metrics and parameters of one side: which files are declared, and what they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from headway.gather.read.flatten import dotted_key, flatten_metrics, flatten_params
from headway.gather.read.parsing import UnreadableError, parse, repeated_key
from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headway.gather.read.declared import PipelineFile
    from headway.values.problem import Problem
    from headway.values.snapshot import ParamValue, Scalar

DEFAULT_PARAMS = "params.yaml"
T = TypeVar("T")


@dataclass
class DeclaredValues:
    """Reads the metrics and parameters that one side declares, and collects what is wrong with their files.

    Args:
        pipeline: the pipeline files.
        read: gives a file's bytes, ``None`` where there is none; raises ``UnavailableError``.
        expand: gives the files below a folder, or the path itself where it is none; likewise.
        footnote: makes a problem of a file, a sentence that continues "the file", and a remedy.

    Attributes:
        unreadable: the files that are declared and could not be read.
        problems: what is wrong with them.
        no_metrics: what the metrics files hold that is no metric, by file and dotted key.
        metric_files: the files that are declared to hold metrics.
        tracked: the keys that are declared, by parameter file; none of them means the whole file.
    """

    pipeline: Sequence[PipelineFile]
    read: Callable[[str], bytes | None]
    expand: Callable[[str], Iterable[str]]
    footnote: Callable[[str, str, str], Problem]
    unreadable: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    no_metrics: dict[str, dict[str, object]] = field(default_factory=dict)
    metric_files: list[str] = field(default_factory=list)
    tracked: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def files(self) -> tuple[str, ...]:
        """Every file and folder that is declared to hold metrics or parameters."""
        return (*self._metric_files(), *self._tracked_params(), DEFAULT_PARAMS)

    def metrics(self) -> dict[str, dict[str, Scalar]]:
        """The metrics by file and dotted key, of stages' outputs and of top-level declarations alike."""
        self.metric_files = self._expanded(self._metric_files())
        return self._read_all(self.metric_files, self._metrics_of)

    def metrics_beside(self, other: DeclaredValues, is_present: Callable[[str], bool]) -> dict[str, dict[str, Scalar]]:
        """The metrics of files that only the other side declares.

        ``is_present`` says whether this side has a file that can be read without asking a remote; it raises
        ``UnavailableError``.
        """
        own = set(self.metric_files)
        files = [path for path in other.metric_files if path not in own and self._has(path, is_present)]
        return self._read_all(files, self._metrics_of)

    def _has(self, path: str, is_present: Callable[[str], bool]) -> bool:
        with self._noting_failure(path):
            return is_present(path)
        return False

    def _metric_files(self) -> Iterable[str]:
        yield from (out.path for file in self.pipeline for stage in file.stages for out in stage.outs if out.metric)
        yield from (metric for file in self.pipeline for metric in file.metrics)

    def _metrics_of(self, path: str, tree: object) -> dict[str, Scalar]:
        if tree is None:
            raise UnreadableError("contains no metrics, only null")
        if isinstance(tree, list):
            raise UnreadableError("contains a list, not metrics")
        values, self.no_metrics[path] = flatten_metrics(tree)
        return values

    def params(self) -> dict[str, dict[str, ParamValue]]:
        """The parameters by file and dotted key: whole files unless stages name keys, and templates' variables."""
        self.tracked = self._tracked_params()
        if DEFAULT_PARAMS in self.tracked or self._exists(DEFAULT_PARAMS):
            self.tracked[DEFAULT_PARAMS] = ()
        found = self._params_of(self.tracked)
        for file, variables in self._variables().items():
            if file not in found and file not in self.unreadable:
                found[file] = _by_dvc_key(variables.items())
        return found

    def params_beside(
        self, other: DeclaredValues, is_present: Callable[[str], bool]
    ) -> dict[str, dict[str, ParamValue]]:
        """The parameters that only the other side declares, likewise; not what this side declares whole."""
        added: dict[str, tuple[str, ...]] = {}
        for path, keys in other.tracked.items():
            own = self.tracked.get(path)
            own_keys = set(own or ())
            more = tuple(key for key in keys if key not in own_keys)
            is_known = own == () or bool(keys and not more) or path in self.unreadable
            if not is_known and (own is not None or self._has(path, is_present)):
                added[path] = more
        return self._params_of(added)

    def _params_of(self, tracked: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, ParamValue]]:
        return self._read_all(self._expanded(tracked), lambda path, tree: _selected(tree, tracked.get(path, ())))

    def _tracked_params(self) -> dict[str, tuple[str, ...]]:
        """Keys by parameter file that is declared; none of them means the whole file."""
        tracked: dict[str, tuple[str, ...]] = {}
        for file in self.pipeline:
            for stage in file.stages:
                for path, keys in stage.params.items():
                    known = tracked.get(path)
                    tracked[path] = (*(known or ()), *keys) if keys and known != () else ()
            tracked.update(dict.fromkeys(file.params, ()))
        return tracked

    def _exists(self, path: str) -> bool:
        try:
            return self.read(path) is not None
        except UnavailableError:
            return True  # reading it for its values says what is wrong

    def _variables(self) -> dict[str, dict[str, Any]]:
        variables: dict[str, dict[str, Any]] = defaultdict(dict)
        for file in self.pipeline:
            for stage in file.stages:
                for path, values in stage.variables.items():
                    variables[path].update(values)
        return variables

    def _expanded(self, paths: Iterable[str]) -> list[str]:
        """Folders as their files, each file once."""
        files: dict[str, None] = {}
        for path in paths:
            with self._noting_failure(path):
                files.update(dict.fromkeys(self.expand(path)))
        return list(files)

    def _read_all(
        self, paths: Sequence[str], values_of: Callable[[str, object], dict[str, T]]
    ) -> dict[str, dict[str, T]]:
        found = {}
        for path in paths:
            with self._noting_failure(path):
                data = self.read(path)
                if data is None:
                    self.problems.append(self.footnote(path, "is declared and does not exist", ""))
                else:
                    found[path] = values_of(path, parse(path, data))
                    self._note_repetition(path, data)
        return found

    def _note_repetition(self, path: str, data: bytes) -> None:
        if key := repeated_key(path, data):
            what = f"names {key!r} twice in one object; Headway, Python and DVC use the last value"
            self.problems.append(self.footnote(path, what, "use each name once"))

    @contextmanager
    def _noting_failure(self, path: str) -> Iterator[None]:
        """Turn the reason why a file cannot be read into a footnote, and go on."""
        try:
            yield
        except UnavailableError as error:
            self._fail(path, error.what, error.remedy)
        except UnreadableError as error:
            self._fail(path, str(error), "")

    def _fail(self, path: str, what: str, remedy: str) -> None:
        self.unreadable.add(path)
        self.problems.append(self.footnote(path, what, remedy))


def _selected(tree: object, keys: Sequence[str]) -> dict[str, ParamValue]:
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise UnreadableError("contains no parameters by name")
    if not keys:
        return flatten_params(tree)
    return _by_dvc_key((key, value) for key in keys if (value := lookup(tree, key)) is not MISSING)


MISSING = object()
"""What :func:`lookup` gives where a tree has nothing under a key."""


def lookup(tree: object, key: str) -> object:
    """The value under one of DVC's dotted keys: names, or positions in lists."""
    for part in key.split("."):
        if isinstance(tree, Mapping):
            tree = tree.get(part, tree.get(int(part), MISSING) if part.isdecimal() else MISSING)
        elif isinstance(tree, list) and part.isdecimal() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return MISSING
    return tree


def _by_dvc_key(values: Iterable[tuple[str, object]]) -> dict[str, ParamValue]:
    """Values under keys that DVC has dotted without quotes, down to their leaves."""
    flat = (flatten_params(value, dotted_key(*key.split("."))) for key, value in values)
    return {leaf: value for leaves in flat for leaf, value in leaves.items()}
