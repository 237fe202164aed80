"""What a report says of a file that its remote does not give, against a real S3 server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from headway.remotes.probe import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from ci_jobs import Job


@pytest.fixture
def clone(job: Job, tmp_path: Path) -> Job:
    """A clone of a project whose metrics no cache has, and whose remote is an empty S3 bucket."""
    url = job.variables["DVC_REMOTE_URL"]
    project = job.project.write(".dvc/config", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n")
    for value in (1, 2):
        project.json("m.json", {"a": value})
        project.dvc_yaml({"stages": {"s": {"cmd": "true", "metrics": ["m.json"]}}}).recorded().commit()
    return job.of(project.clone(tmp_path / "clone"))


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "is missing from DVC's cache and from the remote 'store'"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong-in-every-letter"}, "rejects the secret in AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "needs credentials: set AWS_ACCESS_KEY_ID and"),
        (
            {"AWS_ENDPOINT_URL": "http://no-such-host.invalid"},
            "cannot be reached: there is no host no-such-",
        ),
    ],
)
def test_a_refusal_names_the_variable_and_the_bucket(
    clone: Job, limits: list[float], variables: dict[str, str], reason: str
) -> None:
    said = clone.given(**variables).headway("diff", "HEAD~1", "--json")
    assert limits == [SECONDS] * 2, "each side asks once; a remote that repeats itself would not answer in time"
    assert said.code == 0, said.err
    (head, base) = (note["what"] for note in json.loads(said.out)["problems"])
    for what in (head, base):
        assert reason in what
        assert not variables or f"the remote 'store' ({clone.variables['DVC_REMOTE_URL']})" in what
