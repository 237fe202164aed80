"""The settings and DVC's remote, each with what is wrong in the first week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from doctor.checkups import check, status
from repos import Project, train_twice

if TYPE_CHECKING:
    from pathlib import Path

IN_CI = {"CI": "true"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without settings and without a remote."""
    return train_twice(Project(tmp_path_factory.mktemp("plain") / "project"))


@pytest.fixture
def trained(plain: Project, tmp_path: Path) -> Project:
    return plain.copied(tmp_path / "project")


def test_a_project_without_settings_is_told_how_to_get_some(trained: Project) -> None:
    found = check(trained.root, "file")
    assert (found.status, found.remedy) == ("warning", "headway rules --suggest > headway.yaml")
    assert status(trained.root, "directions") == "skipped"


@pytest.mark.slow
def test_a_project_without_settings_gets_some(trained: Project) -> None:
    trained.paste(f"python -m {check(trained.root, 'file').remedy}")
    assert [status(trained.root, name) for name in ("file", "names", "directions")] == ["ok", "ok", "ok"]


def test_an_invalid_value_is_the_error_itself(trained: Project) -> None:
    trained.write("headway.yaml", "metrics:\n  acc: highr\n")
    found = check(trained.root, "file")
    assert "line 2" in found.what
    assert "'higher'" in found.what
    assert {status(trained.root, name) for name in ("names", "directions", "paths")} == {"skipped"}


def test_a_name_that_neither_side_has_fails_and_is_corrected(trained: Project) -> None:
    trained.write("headway.yaml", "metrics:\n  acd: {direction: higher}\n")
    assert check(trained.root, "names").remedy == "In headway.yaml, line 2, write 'acc' instead."
    trained.write("headway.yaml", "metrics:\n  acc: {direction: higher}\n")
    assert status(trained.root, "names") == "ok"


def test_a_name_that_base_has_fails_nothing(trained: Project) -> None:
    trained.branch("feature").json("metrics.json", {"score": 0.9}).write("headway.yaml", "metrics: {acc: higher}\n")
    trained.commit()
    assert status(trained.root, "names") != "failed"


def test_directions_that_names_suggest_are_missed_and_others_are_not(trained: Project) -> None:
    trained.json("metrics.json", {"accuracy": 0.9, "loss": 1.0, "rows": 3})
    trained.write("headway.yaml", "metrics: {accuracy: higher}\n")
    assert check(trained.root, "directions").what == "no rule says what is better for 2 of 3 metrics: loss"
    trained.write("headway.yaml", "metrics: {accuracy: higher, loss: lower}\n")
    assert check(trained.root, "directions").what == "2 of 3 metrics have one"


def test_paths_that_exist_nowhere_are_named_with_their_key(trained: Project) -> None:
    declared = "predictions: [{path: rows.csv, id: id}]\ninclude: [{path: code.py}]\nevaluation: [model.bin]\n"
    trained.write("headway.yaml", declared)
    assert check(trained.root, "paths").what.startswith("predictions in the settings names rows.csv")
    trained.write("rows.csv", "id\n")
    assert status(trained.root, "paths") == "ok"


REMOTE = ("remote", "plug-in", "trust", "credentials", "response")


def remote(project: Project, url: str, **options: str) -> Project:
    lines = "".join(f"    {name} = {value}\n" for name, value in options.items())
    return project.write(".dvc/config", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n{lines}")


def test_data_without_a_remote_is_a_warning(trained: Project, tmp_path: Path) -> None:
    found = check(trained.root, "remote")
    assert (found.status, status(trained.root, "response")) == ("warning", "skipped")
    assert found.remedy.startswith("dvc remote add --default storage URL")
    remote(trained, str(tmp_path))
    assert [status(trained.root, "remote"), status(trained.root, "remote", IN_CI)] == ["warning", "ok"]


@pytest.mark.slow
def test_data_gets_a_remote(trained: Project) -> None:
    found = check(trained.root, "remote")
    folder = trained.root / "store"
    folder.mkdir()
    trained.paste(found.remedy.replace("URL  #", f"{folder}  #"))
    assert status(trained.root, "remote") == "ok"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("azure://box/dvc", ("ok", "failed", "skipped", "skipped", "skipped")),
        ("s3://bucket/dvc", ("ok", "ok", "skipped", "skipped", "skipped")),
        ("/no/such/folder", ("failed", "ok", "skipped", "ok", "skipped")),
    ],
)
def test_each_kind_of_remote_offline(trained: Project, url: str, expected: tuple[str, ...]) -> None:
    remote(trained, url)
    assert tuple(check(trained.root, name, offline=True).status for name in REMOTE) == expected


def test_a_plug_in_that_is_missing_has_its_command(trained: Project) -> None:
    remote(trained, "azure://box/dvc")
    assert check(trained.root, "plug-in").remedy == "python -m pip install dvc-azure"


def test_a_job_without_credentials_is_a_warning_and_asks_nobody(trained: Project) -> None:
    remote(trained, "s3://bucket/dvc")
    assert [status(trained.root, name, IN_CI) for name in ("credentials", "response")] == ["warning", "skipped"]


def test_a_remote_that_refuses_connections_fails_a_job_and_warns_here(trained: Project) -> None:
    remote(trained, "http://127.0.0.1:9/dvc")
    found = check(trained.root, "response", IN_CI)
    assert (found.status, status(trained.root, "response")) == ("failed", "warning")
    assert "refuses connections" in found.what


def test_a_server_that_only_the_checkout_names_is_not_asked(trained: Project) -> None:
    trained.branch("feature")
    remote(trained, "s3://bucket/dvc", endpointurl="https://stranger.example").commit()
    keys = {**IN_CI, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert [status(trained.root, name, keys) for name in REMOTE] == ["ok", "ok", "failed", "ok", "skipped"]


def test_a_base_that_the_clone_lacks_is_not_fetched_to_judge_a_server(trained: Project, tmp_path: Path) -> None:
    trained.branch("feature")
    remote(trained, "s3://bucket/dvc", endpointurl="https://stranger.example").commit()
    clone = trained.clone(tmp_path / "clone", "--depth=1", "--branch=feature")
    before = clone.git("show-ref")
    keys = {**IN_CI, "GITHUB_BASE_REF": "main", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert [status(clone.root, name, keys) for name in ("trust", "response")] == ["skipped", "skipped"]
    assert clone.git("show-ref") == before


def test_the_address_of_the_job_comes_first(trained: Project) -> None:
    job = {**IN_CI, "DVC_REMOTE_URL": "ftp://host/x"}
    assert check(trained.root, "remote", job).what.startswith("DVC does not support")
    job["DVC_REMOTE_URL"] = "s3://bucket/x"
    assert check(trained.root, "remote", job).what == "s3://bucket/x, DVC_REMOTE_URL"
    job["DVC_REMOTE_URL"] = "http://127.0.0.1:9/x"
    assert check(trained.root, "response", job).what.startswith("http://127.0.0.1:9/x cannot be reached")
