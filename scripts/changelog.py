"""Work with CHANGELOG.md: print the section of a release, or turn the section Unreleased into one.

Examples:
    python scripts/changelog.py notes 1.2.0
    python scripts/changelog.py release 1.2.0
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

CHANGELOG = Path("CHANGELOG.md")
UNRELEASED = "## Unreleased\n"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def notes(text: str, version: str) -> str:
    """The section of a release without its heading, and with each item of a list on one line.

    GitHub shows every end of a line in a release's notes as a break, unlike in a file.

    Raises:
        ValueError: there is no such section, or nothing is in it.
    """
    heading = re.compile(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d\n", re.MULTILINE)
    found = heading.search(text)
    if not found:
        raise ValueError(f"CHANGELOG.md has no section '## {version} - YYYY-MM-DD'.")
    section = re.split(r"^## ", text[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not section:
        raise ValueError(f"The section {version} of CHANGELOG.md is empty.")
    return re.sub(r"\n  (?!\s|[-*] |\d+\. |```)", " ", section) + "\n"


def release(text: str, version: str, day: str) -> str:
    """The changelog with what was unreleased as a section of its own, below an empty section Unreleased.

    Raises:
        ValueError: the version is none, or has a section already, or nothing is unreleased.
    """
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version} is no version such as 1.2.0.")
    if f"\n## {version} " in text:
        raise ValueError(f"CHANGELOG.md has a section {version} already.")
    changed = text.replace(UNRELEASED, f"{UNRELEASED}\n## {version} - {day}\n", 1)
    if changed == text:
        raise ValueError("CHANGELOG.md has no section '## Unreleased'.")
    notes(changed, version)
    return changed


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("notes", "release"))
    parser.add_argument("version")
    given = parser.parse_args()
    text = CHANGELOG.read_text(encoding="utf-8")
    try:
        if given.action == "notes":
            print(notes(text, given.version), end="")
        else:
            CHANGELOG.write_text(release(text, given.version, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
