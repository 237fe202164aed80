"""The names that were retired because a reader could not tell what they mean do not come back.

Looked at are identifiers (modules, classes, functions, parameters, attributes and variables) in ``src`` and ``tests``;
words of comments, docstrings and messages are not.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from house.sources import PACKAGE, nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
RETIRED_MODULES = {
    "documents_places": "markdown_images",
    "letters": "fonts",
    "none": "text_charts",
    "pictures": "images",
    "readings": "key_numbers or metrics",
    "receive": "sanitize",
    "refusals": "errors",
    "report_caps": "limits",
    "together": "post_many",
    "trusted": "sanitize",
    "waiting": "retry",
    "wire": "connection",
    "wire_client": "http_client",
    "wishes": "settings",
}
RETIRED_CLASSES = {
    "Batch": "ImageSet",
    "Dialect": "ErrorFormatter",
    "EndOfParent": "ParentOrSignal",
    "Gallery": "ChartQueue",
    "Given": "ImageSettings",
    "Intent": "Operation",
    "Manner": "DeliveryMode",
    "PageOfAll": "CombinedReport",
    "Parcel": "PostableReport",
    "Parcels": "PostableReport",
    "Place": "Target",
    "Refusal": "ErrorResponse",
    "Rhythm": "Intervals",
    "Shelf": "BranchState",
    "Transport": "ClientOptions",
    "View": "Revision or RevisionReader",
    "Wanted": "TargetSpec",
    "Wire": "Connection",
    "Wish": "ImageSettings",
    "World": "State",
    "_Auto": "FallbackStore",
    "_Course": "StepErrors",
    "_Load": "Upload",
    "_Look": "FileState",
    "_Wall": "ChartCollector",
}
RETIRED_NAMES = {
    "SETTLING": "CONSISTENCY_DELAY",
    "_hop": "send",
    "_misfit": "limit_violation",
    "aim": "resolve",
    "chooser": "make_store",
    "create_once": "create_idempotently",
    "find_places": "find_image_references",
    "hang": "submit",
    "hang_section": "ChartCollector",
    "heal": "clear_faults",
    "holders": "owning_outputs",
    "in_words": "text_charts",
    "is_heavy": "exceeds_hash_limit",
    "keep_up": "watch_and_update",
    "meanwhile": "before_request",
    "patience": "max_wait",
    "readings": "key_numbers",
    "receive": "fetch_and_sanitize",
    "say": "log",
    "told": "log or reported",
    "together": "post_many or combine",
    "usual_place": "default_store",
    "wish_of": "resolve_image_settings",
    "wishes": "settings",
    "within_caps": "within_limits",
}
RETIRED_WORDS = {"picture", "pictures"}
"""Not even as a part of a name: it is an image."""


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def names(every: Sequence[ast.AST]) -> Iterator[tuple[str, int]]:
    """The classes, functions, parameters, attributes and constants that a module's nodes define, with their lines."""
    outside_functions = [every[0], *(node for node in every if isinstance(node, ast.ClassDef))]
    for statement in (each for scope in outside_functions for each in getattr(scope, "body", ())):
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from ((target.id, target.lineno) for target in targets if isinstance(target, ast.Name))
    for node in every:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def found_in(
    folders: tuple[str, ...], mentioned: re.Pattern[str], retired: Callable[[str], bool]
) -> dict[str, list[str]]:
    """Where each retired name is defined that is not expected to be; only a module that mentions one is parsed."""
    found: dict[str, list[str]] = {}
    for path in modules(*folders):
        is_expected = path in (Path(__file__), ROOT / "tests/digits" / path.name)  # the pipeline trains with patience
        if not is_expected and mentioned.search(path.read_text()):
            every = nodes(path) if PACKAGE in path.parents else tuple(ast.walk(ast.parse(path.read_text())))
            for name, line in names(every):
                if retired(name):
                    found.setdefault(name, []).append(f"{path.relative_to(ROOT)}:{line}")
    return found


def test_no_retired_class_or_function_is_defined() -> None:
    retired = RETIRED_CLASSES | RETIRED_NAMES
    mentioned = re.compile(rf"\b(?:{'|'.join(retired)})\b")
    found = found_in(("src/headway", "tests"), mentioned, retired.__contains__)
    left = {f"{name}, now {retired[name]}": places for name, places in found.items()}
    assert left == {}


def test_no_module_has_a_retired_name() -> None:
    found = {path.stem for path in modules("src/headway", "tests")} & RETIRED_MODULES.keys()
    assert {name: RETIRED_MODULES[name] for name in found} == {}


def test_an_image_is_never_called_a_picture_in_a_name() -> None:
    mentioned = re.compile("|".join(RETIRED_WORDS), re.IGNORECASE)
    assert found_in(("src/headway",), mentioned, lambda name: bool(set(name.lower().split("_")) & RETIRED_WORDS)) == {}


def test_no_two_modules_of_a_room_share_their_name() -> None:
    stems: dict[tuple[str, str], list[str]] = {}
    for path in modules("src/headway"):
        parts = path.relative_to(ROOT / "src/headway").parts
        if path.stem != "__init__":
            stems.setdefault((parts[0], path.stem), []).append("/".join(parts))
    assert [paths for paths in stems.values() if len(paths) > 1] == []


def test_no_public_function_has_the_name_of_its_package_or_of_a_room() -> None:
    """Commands do: they are called what users type."""
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    functions = {
        node.name: str(path.relative_to(PACKAGE))
        for path in modules("src/headway")
        for node in ast.iter_child_nodes(nodes(path)[0])
        if isinstance(node, ast.FunctionDef) and node.name in rooms | {path.parent.name}
    }
    found = {name: place for name, place in functions.items() if not place.startswith("cli/")}
    assert found == {}
