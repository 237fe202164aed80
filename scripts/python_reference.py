"""The Python reference, docs/python.md: each public name of ``headway``, from its signature and docstring.

``make docs`` writes the page.
"""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import griffe

import headway
from headway.docstrings import attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)(?:\(\))?`")
_INTRODUCTION = """# Python

Generated from signatures and docstrings by `make docs`.

`import headway` is cheap: each public name loads what it needs when you first use it. The functions do what the
commands do. They read a repository and never change it. Each error is a [`HeadwayError`](#headwayerror) that says what
happened, why, and what to do. In a notebook, what they return [shows itself](notebooks.md).

```python
import headway

comparison = headway.compare_revisions(".", base="main")
report = headway.build_report(".", base="main", out="reports/headway")
print(report.head.label, len(report.metrics))
```

The values are frozen [msgspec](https://jcristharif.com/msgspec/) structs. Types that report.json contains as well, such
as `Metric`, are described in [its reference](report-schema.md).
"""


def python_page() -> str:
    """The text of docs/python.md."""
    logging.getLogger("griffe").setLevel(logging.ERROR)  # several names share a line of a docstring on purpose
    package = griffe.load(
        "headway",
        search_paths=[str(ROOT / "src")],
        docstring_parser="google",
        docstring_options={"returns_multiple_items": False, "returns_named_value": False},
    )
    schema = (ROOT / "docs/report-schema.md").read_text()
    objects = {name: _definition(package, name) for name in headway.__all__ if name != "__version__"}
    page = _Page(objects, set(re.findall(r"^## (\w+)$", schema, re.MULTILINE)))
    return "\n".join(page.lines())


def _definition(package: griffe.Object | griffe.Alias, name: str) -> griffe.Object:
    found = package[getattr(headway, name).__module__.removeprefix("headway.")][name]
    if not isinstance(found, griffe.Object):
        sys.exit(f"headway.{name} is neither a function nor a class")
    return found


class _Page:
    """The page's lines, which link the types that are described here or in report.json's reference."""

    def __init__(self, objects: dict[str, griffe.Object], in_schema: set[str]) -> None:
        self._objects = objects
        self._in_schema = in_schema
        self._described: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        yield _INTRODUCTION
        for heading, wanted in (
            ("Functions", lambda each: each.is_function),
            ("Values", lambda each: each.is_class and not each.name.endswith("Error")),
            ("Errors", lambda each: each.name.endswith("Error")),
        ):
            yield f"## {heading}\n"
            for each in filter(wanted, self._objects.values()):
                yield from self._section(each)

    def _section(self, each: griffe.Object) -> Iterator[str]:
        yield f"### `{each.name}`\n"
        if isinstance(each, griffe.Function):
            yield from self._callable(each)
            return
        yield from self._text(each)
        if each.name.endswith("Error"):
            yield from self._error(each)
        elif fields := list(self._fields(each)):
            yield "| attribute | type | meaning |\n|---|---|---|"
            yield from fields
            yield ""
        for member in _methods(each):
            yield f"#### `{each.name}.{member.name}`\n"
            if member.path in self._described:
                yield f"As {self._described[member.path]}.\n"
                continue
            self._described[member.path] = f"[`{each.name}.{member.name}`](#{each.name.lower()}{member.name})"
            yield from self._callable(member)

    def _callable(self, each: griffe.Function) -> Iterator[str]:
        signatures = "\n".join(map(_signature, each.overloads or [each]))
        yield f"```python\n{signatures}\n```\n"
        yield from self._text(each)

    def _error(self, each: griffe.Object) -> Iterator[str]:
        code = each.members.get("exit_code")
        base = ", ".join(f"`{base}`" for base in getattr(each, "bases", ()))
        yield f"A subclass of {base}. The command line exits with {getattr(code, 'value', 70)}.\n"

    def _fields(self, each: griffe.Object) -> Iterator[str]:
        meanings = attributes(getattr(headway, each.name), null="None")
        for member in each.members.values():
            if isinstance(member, griffe.Attribute) and not member.name.startswith("_"):
                own = member.docstring.value if member.docstring else ""  # a property's
                meaning = self._sentence(meanings.get(member.name, own))
                yield f"| `{member.name}` | {self._type(str(member.annotation))} | {meaning} |"

    def _text(self, each: griffe.Object) -> Iterator[str]:
        for section in each.docstring.parsed if each.docstring else ():
            if isinstance(section, griffe.DocstringSectionText):
                yield self._linked(section.value) + "\n"
            elif isinstance(section, griffe.DocstringSectionParameters):
                yield "| argument | meaning |\n|---|---|"
                for argument in section.value:
                    names = ", ".join(f"`{name}`" for name in argument.name.split(", "))
                    yield f"| {names} | {self._sentence(argument.description)} |"
                yield ""
            elif isinstance(section, griffe.DocstringSectionReturns):
                for returned in section.value:
                    meaning = self._sentence(returned.description)
                    yield f"**Returns** {self._type(str(returned.annotation))}: {meaning}\n"
            elif isinstance(section, griffe.DocstringSectionRaises):
                for raised in section.value:
                    names = str(raised.annotation).strip("()")
                    yield f"**Raises** {self._type(names)}: {self._sentence(raised.description)}\n"

    def _sentence(self, text: str) -> str:
        text = " ".join(self._linked(text).split())
        return text[:1].upper() + text[1:].replace("|", "\\|")

    def _linked(self, text: str) -> str:
        return _ROLE.sub(lambda role: self._name(role[1]), text).replace("``", "`")

    def _type(self, text: str) -> str:
        return re.sub(r"\w+", lambda word: self._name(word[0], plain=word[0]), text).replace("|", "\\|")

    def _name(self, name: str, plain: str | None = None) -> str:
        if name in self._objects:
            return f"[`{name}`](#{name.lower()})"
        if name in self._in_schema:
            return f"[`{name}`](report-schema.md#{name.lower()})"
        return f"`{name}`" if plain is None else plain


def _methods(each: griffe.Object) -> Iterator[griffe.Function]:
    """The public methods, inherited ones included."""
    for member in each.all_members.values():
        found = member.final_target if isinstance(member, griffe.Alias) else member
        if isinstance(found, griffe.Function) and not found.name.startswith("_") and "property" not in found.labels:
            yield found


def _signature(function: griffe.Function) -> str:
    """The signature, one argument a line if it is long."""
    short = function.signature()
    if len(short) <= 100:  # noqa: PLR2004 - the width of the page's code
        return short
    arguments, returned = re.fullmatch(r"\w+\((.*)\)(.*)", short, re.DOTALL).groups()  # type: ignore[union-attr]  # it is one
    split = re.split(r", (?=\*?\w*(?::|,|$))", arguments)
    return f"{function.name}(\n" + "".join(f"    {each},\n" for each in split) + f"){returned}"
