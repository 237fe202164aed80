"""Build the documentation site from docs/, with the reports of the gallery.

The pages are written for the forge. A copy of them becomes the site: links that leave docs/ lead to the
repository, some files of the repository become pages, and an image with a light and a dark version follows the site's
theme. The build fails on a link to a page or a heading that does not exist.

Examples:
    python scripts/make_site.py
    python scripts/make_site.py --without-gallery   # in seconds; links to the gallery lead to the published site
"""

from __future__ import annotations

import argparse
import posixpath
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gallery import make_reports

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
ASSETS = Path(__file__).parent / "docs_site"
PAGES = {
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting-a-vulnerability.md",
}
"""Files of the repository's root that are pages of the site."""

_CODE = (
    r"^ *(?P<fence>`{3,}|~{3,}).*?^ *(?P=fence)[`~]* *$|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\n).)+?(?<!`)(?P=ticks)(?!`)"
)
_LINK = (
    r"(?P<start>\]\(<?|^\[[^\]\n]+\]: +<?|\b(?:src|srcset|href)=[\"'])(?P<target>[^)\s\"'<>#]+)(?P<rest>[)\s\"'>#]|\Z)"
)
_CODE_OR_LINK = re.compile(f"{_CODE}|{_LINK}", re.MULTILINE | re.DOTALL)
_FOLD = re.compile("^<details>", re.MULTILINE)
_COLOR = re.compile(r"\x1b\[[\d;]*m")
_PICTURE = re.compile(
    r"<picture>\s*<source media=\"\(prefers-color-scheme: dark\)\" srcset=\"(?P<dark>[^\"]+)\">\s*"
    r"<img (?P<before>[^>]*?)src=\"(?P<light>[^\"]+)\"(?P<after>[^>]*)>\s*</picture>"
)


def main() -> None:
    """Build the site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-gallery", action="store_true", help="do not make the gallery's reports")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="the folder for site/ and its source")
    arguments = parser.parse_args()
    source = arguments.out.resolve() / "site-source"
    copy_pages(source, has_gallery=not arguments.without_gallery)
    if not arguments.without_gallery:
        make_reports(source / "gallery")
        for report in (source / "gallery").rglob("report.md"):
            report.unlink()  # it would become a page in the place of report.html
    build(arguments.out)
    print(f"Open {arguments.out / 'site/index.html'}")


def copy_pages(source: Path, *, has_gallery: bool) -> None:
    """Copy docs/ and the pages of the root to a folder, with the links of the site."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source)
    for name, page in PAGES.items():
        shutil.copyfile(ROOT / name, source / page)
    for name in ("stylesheets/site.css", "javascripts/site.js", "images/favicon.svg"):
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ASSETS / Path(name).name, source / name)
    origins = {page: name for name, page in PAGES.items()}
    for path in sorted(source.rglob("*.md")):
        name = path.relative_to(source).as_posix()
        path.write_text(site_page(path.read_text(), origins.get(name, f"docs/{name}"), has_gallery=has_gallery))
    (source / "llms.txt").write_text("\n".join(_overview()) + "\n")


def site_page(text: str, origin: str, *, has_gallery: bool = True) -> str:
    """A page as the site shows it.

    Args:
        text: the page as the forge shows it.
        origin: its path in the repository.
        has_gallery: whether the site contains the reports of the gallery.
    """

    def changed(found: re.Match[str]) -> str:
        return _site_link(found, origin, has_gallery=has_gallery) if found["start"] else _site_code(found)

    text = _PICTURE.sub(_two_images, _CODE_OR_LINK.sub(changed, text))
    return _FOLD.sub('<details markdown="1">', text)


def _site_code(code: re.Match[str]) -> str:
    """Code, in which only the forge's tables need a backslash before a bar."""
    line = code.string.rfind("\n", 0, code.start()) + 1
    return code[0].replace("\\|", "|") if code.string.startswith("|", line) else code[0]


def _site_link(link: re.Match[str], origin: str, *, has_gallery: bool) -> str:
    target = link["target"]
    here = "" if origin in PAGES else posixpath.dirname(origin).removeprefix("docs").removeprefix("/")
    if has_gallery and target.startswith(f"{address()}gallery/"):
        target = posixpath.relpath(target.removeprefix(address()), here or ".")
    elif not re.match(r"[a-z]+:", target):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        if page := PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None):
            target = posixpath.relpath(page, here or ".")
        else:
            kind = "tree" if (ROOT / path).is_dir() else "blob"
            target = f"{repository()}/{kind}/main/{'' if path == '.' else path}"
    return f"{link['start']}{target}{link['rest']}"


def _two_images(picture: re.Match[str]) -> str:
    """The theme of the site is the reader's choice, of which ``prefers-color-scheme`` knows nothing."""
    return "".join(
        f'<img class="only-{theme}" {picture["before"]}src="{picture[theme]}"{picture["after"]}>'
        for theme in ("light", "dark")
    )


def _overview() -> Iterator[str]:
    """The site's pages for a language model, as https://llmstxt.org describes it."""
    project = configuration()
    yield f"# {project['site_name']}\n\n> {project['site_description']}"
    for title, pages in _sections(project["nav"]):
        yield f"\n## {title}\n"
        yield from (f"- [{name}]({address()}{html_name(page)})" for name, page in pages)


def _sections(nav: list[dict[str, Any]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for title, below in (item for entry in nav for item in entry.items()):
        yield title, list(pages_below(title, below))


def pages_below(title: str, below: object) -> Iterator[tuple[str, str]]:
    """The titles and paths of the pages of an entry of the navigation."""
    if isinstance(below, str):
        yield title, below
    elif isinstance(below, list):
        for entry in below:
            for name, deeper in entry.items():
                yield from pages_below(name, deeper)


def html_name(page: str) -> str:
    """The file of the site that a page becomes."""
    return f"{page.removesuffix('README.md').removesuffix('.md')}.html".replace("/.html", "/index.html")


def configuration() -> dict[str, Any]:
    """The site's configuration."""
    project = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    return dict(project)


def address() -> str:
    """The URL of the published site, with a slash at its end."""
    return str(configuration()["site_url"])


def repository() -> str:
    """The URL of the repository."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    return str(urls["Source"])


def build(folder: Path) -> None:
    """Build ``folder/site`` from ``folder/site-source``, strictly."""
    shutil.copyfile(ROOT / "zensical.toml", folder / "zensical.toml")
    shutil.rmtree(folder / "site", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        warnings = _COLOR.sub("", done.stdout + done.stderr).partition("Traceback")[0]
        sys.exit(f"{warnings}The site is not built: see the warnings above.")


if __name__ == "__main__":
    main()
