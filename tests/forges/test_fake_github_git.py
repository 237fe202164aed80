"""The Git Data API, raw files and clones: the same bytes everywhere."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from api_client import Client
from fakes import FakeGitHub, PullRequest

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n\x00binary\xff"
BRANCH = "refs/heads/headway-images"


def blob(hub: Client, content: bytes) -> str:
    body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
    return str(hub.post("/git/blobs", body).json()["sha"])


def tree(hub: Client, files: dict[str, str], base: str | None = None) -> str:
    lines = [{"path": path, "mode": "100644", "type": "blob", "sha": sha} for path, sha in files.items()]
    return str(hub.post("/git/trees", {"tree": lines} | ({"base_tree": base} if base else {})).json()["sha"])


def commit(hub: Client, tree_sha: str, *parents: str) -> str:
    body = {"message": "Add charts", "tree": tree_sha, "parents": list(parents)}
    return str(hub.post("/git/commits", body).json()["sha"])


def image_branch(hub: Client) -> tuple[str, str]:
    """An orphan branch with one image; gives its commit and tree."""
    top = tree(hub, {"charts/a.png": blob(hub, PNG)})
    tip = commit(hub, top)
    assert hub.post("/git/refs", {"ref": BRANCH, "sha": tip}).status_code == 201
    return tip, top


def test_a_blob_has_the_sha_that_git_gives_it(hub: Client) -> None:
    expected = hashlib.sha1(b"blob %d\x00" % len(PNG) + PNG, usedforsecurity=False).hexdigest()
    assert blob(hub, PNG) == expected


def test_content_that_is_no_base64_is_refused(hub: Client) -> None:
    assert hub.post("/git/blobs", {"content": "%%%", "encoding": "base64"}).status_code == 422


def test_the_branch_can_be_cloned_and_the_bytes_are_equal(github: FakeGitHub, hub: Client, tmp_path: Path) -> None:
    tip, top = image_branch(hub)
    more = tree(hub, {"charts/deep/b.png": blob(hub, b"b")}, base=top)
    hub.patch("/git/refs/heads/headway-images", {"sha": commit(hub, more, tip), "force": False})
    clone = tmp_path / "clone"
    run = ["git", "clone", "--quiet", "--branch", "headway-images", "--single-branch", github.clone_url, str(clone)]
    subprocess.run(run, check=True, timeout=30)
    subprocess.run(["git", "-C", str(clone), "fsck", "--strict", "--full"], check=True, capture_output=True)
    files = {
        path.relative_to(clone).as_posix(): path.read_bytes()
        for path in clone.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(clone).parts
    }
    assert files == {"charts/a.png": PNG, "charts/deep/b.png": b"b"} == github.branch_files("headway-images")
    log = subprocess.run(
        ["git", "-C", str(clone), "log", "--format=%an <%ae> %s"], check=True, capture_output=True, text=True
    )
    bot = "github-actions[bot]"
    assert log.stdout.splitlines() == [f"{bot} <{bot}@users.noreply.github.com> Add charts"] * 2


def test_a_raw_file_is_the_file(github: FakeGitHub, hub: Client) -> None:
    tip, _ = image_branch(hub)
    with Client(f"{github.server_url}/octo/digits") as anyone:
        answer = anyone.get(f"/raw/{tip}/charts/a.png")
        assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")
        assert anyone.get("/raw/headway-images/charts/a.png").content == PNG
        head = anyone("HEAD", f"/raw/{tip}/charts/a.png")
        assert (head.content, head.headers["Content-Length"]) == (b"", str(len(PNG)))
        assert anyone.get(f"/raw/{tip}/charts/none.png").status_code == 404


def test_raw_files_of_a_private_repository_are_for_readers() -> None:
    with FakeGitHub(private=True) as forge, Client(f"{forge.server_url}/octo/digits") as client:
        path = "/raw/main/README.md"
        reader = {"Authorization": f"Bearer {forge.token('read')}"}
        assert client.get(path).status_code == 404
        assert client.get(path, headers=reader).status_code == 200


def test_only_a_fast_forward_moves_a_branch(github: FakeGitHub, hub: Client) -> None:
    tip, top = image_branch(hub)
    mine = commit(hub, tree(hub, {"b.png": blob(hub, b"b")}, base=top), tip)
    theirs = commit(hub, tree(hub, {"c.png": blob(hub, b"c")}, base=top), tip)
    assert hub.patch("/git/refs/heads/headway-images", {"sha": mine, "force": False}).status_code == 200
    refused = hub.patch("/git/refs/heads/headway-images", {"sha": theirs, "force": False})
    assert (refused.status_code, refused.json()["message"]) == (422, "Update is not a fast forward")
    assert github.branches()["headway-images"] == mine
    rebuilt = commit(hub, tree(hub, {"c.png": blob(hub, b"c")}, base=mine), mine)
    assert hub.patch("/git/refs/heads/headway-images", {"sha": rebuilt}).status_code == 200
    assert set(github.branch_files("headway-images")) == {"charts/a.png", "b.png", "c.png"}
    assert hub.patch("/git/refs/heads/headway-images", {"sha": theirs, "force": True}).status_code == 200


def test_two_writers_keep_every_picture(github: FakeGitHub, hub: Client) -> None:
    image_branch(hub)
    token = github.token()
    refused: list[str] = []

    def publish(name: str) -> None:
        with Client(f"{github.api_url}/repos/octo/digits", bearer=token) as client:
            for number in range(5):
                path = f"{name}/{number}.png"
                while not _appended(client, path):
                    refused.append(path)

    threads = [Thread(target=publish, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{name}/{number}.png" for name in "ab" for number in range(5)} | {"charts/a.png"}
    assert set(github.branch_files("headway-images")) == expected


def _appended(client: Client, path: str) -> bool:
    tip = client.get("/git/ref/heads/headway-images").json()["object"]["sha"]
    base = client.get(f"/git/commits/{tip}").json()["tree"]["sha"]
    new = commit(client, tree(client, {path: blob(client, path.encode())}, base=base), tip)
    return client.patch("/git/refs/heads/headway-images", {"sha": new, "force": False}).ok


@pytest.mark.parametrize(
    ("request_line", "body", "refusal"),
    [
        ("GET /git/ref/heads/none", None, (404, "Not Found")),
        ("PATCH /git/refs/heads/none", {"sha": "0" * 40}, (422, "Reference does not exist")),
        ("PATCH /git/refs/heads/main", {"sha": "0" * 40}, (422, "Object does not exist")),
        ("POST /git/refs", {"ref": "refs/heads/x", "sha": "0" * 40}, (422, "Object does not exist")),
        ("POST /git/refs", {"ref": "refs/heads/main", "sha": "0" * 40}, (422, "Reference already exists")),
        ("POST /git/trees", {"tree": []}, (422, "Invalid tree info")),
        ("POST /git/trees", {"tree": [], "base_tree": "0" * 40}, (404, "Not Found")),
        ("POST /git/commits", {"message": "m", "tree": "0" * 40}, (422, "Tree SHA does not exist")),
        ("GET /git/trees/nonsense", None, (404, "Not Found")),
        ("GET /git/commits/nonsense", None, (404, "Not Found")),
    ],
)
def test_what_is_not_there_is_told(hub: Client, request_line: str, body: Any, refusal: tuple[int, str]) -> None:
    answer = hub(*request_line.split(), json=body)
    assert (answer.status_code, answer.json()["message"]) == refusal


def test_a_commit_is_by_whom_it_says(hub: Client) -> None:
    top = tree(hub, {"a.png": blob(hub, PNG)})
    person = {"name": "Ada", "email": "ada@example.org", "date": "2026-01-31T13:00:00+01:00"}
    body = {"message": "m", "tree": top, "author": person}
    made = hub.post("/git/commits", body).json()
    expected = {"name": "Ada", "email": "ada@example.org", "date": "2026-01-31T12:00:00Z"}
    assert made["author"] == made["committer"] == expected
    assert hub.get(f"/git/commits/{made['sha']}").json() == made
    assert hub.post("/git/commits", {**body, "parents": [top]}).status_code == 422


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/.git/config", "."])
def test_paths_that_git_forbids_are_refused(hub: Client, path: str) -> None:
    line = {"path": path, "mode": "100644", "type": "blob", "sha": blob(hub, PNG)}
    answer = hub.post("/git/trees", {"tree": [line]})
    assert answer.json()["message"] == "tree.path contains a malformed path component"


def test_a_tree_can_lose_files_gain_text_and_graft_folders(github: FakeGitHub, hub: Client) -> None:
    tip, top = image_branch(hub)
    charts = next(line["sha"] for line in hub.get(f"/git/trees/{top}").json()["tree"] if line["type"] == "tree")
    lines = [
        {"path": "charts/a.png", "mode": "100644", "type": "blob", "sha": None},
        {"path": "notes/n.txt", "mode": "100644", "type": "blob", "content": "text"},
        {"path": "old", "mode": "040000", "type": "tree", "sha": charts},
    ]
    new = hub.post("/git/trees", {"base_tree": top, "tree": lines}).json()["sha"]
    hub.patch("/git/refs/heads/headway-images", {"sha": commit(hub, new, tip)})
    assert github.branch_files("headway-images") == {"notes/n.txt": b"text", "old/a.png": PNG}
    recursive = hub.get(f"/git/trees/{new}?recursive=1").json()
    assert [line["path"] for line in recursive["tree"]] == ["notes", "notes/n.txt", "old", "old/a.png"]


def test_a_ref_gives_its_old_tip_for_a_while(github: FakeGitHub, hub: Client) -> None:
    tip, top = image_branch(hub)
    new = commit(hub, tree(hub, {"b.png": blob(hub, b"b")}, base=top), tip)
    github.lag.refs = 2
    assert hub.patch("/git/refs/heads/headway-images", {"sha": new}).json()["object"]["sha"] == new
    seen = [hub.get("/git/ref/heads/headway-images").json()["object"]["sha"] for _ in range(3)]
    assert seen == [tip, tip, new]
    hub.post("/git/refs", {"ref": "refs/heads/fresh", "sha": new})
    assert [hub.get("/git/ref/heads/fresh").status_code for _ in range(3)] == [404, 404, 200]


def test_a_branch_that_is_not_there_has_no_files(github: FakeGitHub) -> None:
    with pytest.raises(KeyError):
        github.branch_files("headway-images")


def test_the_same_calls_make_the_same_commits() -> None:
    def tip() -> str:
        with (
            FakeGitHub(pull_requests=[PullRequest(number=7)], clock=lambda: 1.8e9) as forge,
            Client(f"{forge.api_url}/repos/octo/digits", bearer=forge.token()) as client,
        ):
            return image_branch(client)[0] + forge.pull_request(7).head_sha

    assert tip() == tip()
