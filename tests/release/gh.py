"""A stand-in for GitHub's command line: the tags and releases of a repository, in a file that GH_STATE names.

It knows the calls of release.yml, and refuses what GitHub refuses: to change the files of a published release where
releases are immutable, and to move a tag that has one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

STATE = Path(os.environ["GH_STATE"])


def release(words: list[str], state: dict[str, Any]) -> str:
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=("view", "create", "upload", "edit"))
    parser.add_argument("tag")
    parser.add_argument("files", nargs="*")
    for option in ("--json", "--jq", "--title", "--notes-file"):
        parser.add_argument(option)
    parser.add_argument("--draft", nargs="?", const="true")
    parser.add_argument("--latest", default="true", choices=("true", "false"))
    for option in ("--clobber", "--verify-tag"):
        parser.add_argument(option, action="store_true")
    given = parser.parse_intermixed_args(words)
    releases = state["releases"]
    if (given.tag in releases) == (given.action == "create"):
        sys.exit("a release with the same tag name already exists" if given.tag in releases else "release not found")
    if given.action == "create":
        if given.verify_tag and given.tag not in state["tags"]:
            sys.exit(f"tag {given.tag} doesn't exist in the repo")
        notes = Path(given.notes_file).read_text()
        releases[given.tag] = {"draft": given.draft == "true", "title": given.title, "notes": notes, "files": []}
    found = releases[given.tag]
    if given.action == "upload":
        if not found["draft"]:
            sys.exit("HTTP 422: Cannot upload assets to an immutable release.")
        names = {Path(each).name for each in given.files if Path(each).is_file()}
        found["files"] = sorted({*found["files"], *names})
    if given.action == "edit":
        found["draft"] = given.draft == "true"
        if given.latest == "true":
            state["latest"] = given.tag
    return json.dumps(found["draft"]) if given.action == "view" else ""


def api(words: list[str], state: dict[str, Any]) -> str:
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--jq")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("-f", "-F", dest="fields", action="append", default=[])
    given = parser.parse_args(words)
    fields = dict(each.split("=", 1) for each in given.fields)
    path = given.path.removeprefix(f"repos/{os.environ['GH_REPO']}/git/")
    tags = state["tags"]
    if path.startswith("matching-refs/tags/"):
        return "\n".join(f"refs/tags/{each}" for each in tags if each.startswith(path.rsplit("/", 1)[1]))
    tag = (fields["ref"] if given.method == "POST" else path).rsplit("/", 1)[1]
    if (tag in tags) == (given.method == "POST"):
        sys.exit("HTTP 422: Reference already exists" if tag in tags else "HTTP 404: Not Found")
    if given.method == "PATCH" and (tag in state["releases"] or fields.get("force") != "true"):
        sys.exit("HTTP 422: Update is not a fast forward, or the tag belongs to an immutable release")
    tags[tag] = fields.get("sha", tags.get(tag))
    return json.dumps({"ref": f"refs/tags/{tag}"})


def main() -> None:
    state = json.loads(STATE.read_text())
    command, *words = sys.argv[1:]
    said = {"release": release, "api": api}[command](words, state)
    STATE.write_text(json.dumps(state))
    if said:
        sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
