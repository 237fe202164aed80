"""The packages of the prediction image are enough to fetch a model: everything else is as good as not installed.

The usual sibling is in test_dockerfiles.py: it compares what the code of the service imports."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from house.requirements import needed
from images.dockerfiles import ROOT
from registries import stored_versions

if TYPE_CHECKING:
    from pathlib import Path

FETCH = """
import json
import re
import sys
from importlib.metadata import packages_distributions

chosen, folder, allowed = sys.argv[1], sys.argv[2], set(json.loads(sys.argv[3]))

class OnlyTheImages:
    owners = packages_distributions()

    def find_spec(self, name, path=None, target=None):
        owners = {re.sub("[-_.]+", "-", each).lower() for each in self.owners.get(name, ())}
        if owners and not owners & allowed:
            raise ModuleNotFoundError(f"the image has no {name}", name=name)

sys.meta_path.insert(0, OnlyTheImages())
import digits.serve.command
import headway

way, _, value = chosen.partition("=")
print(headway.fetch_artifact("digits", folder, out=f"{folder}/deploy", **{way: value}).place.read_text())
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sha", "stage"])
def test_a_model_is_fetched_with_the_packages_of_the_image(way: str, tmp_path: Path) -> None:
    project = stored_versions(tmp_path / "project")
    chosen = f"sha={project.git('rev-parse', 'HEAD').strip()}"
    if way == "stage":
        project.git("tag", "digits#staging#1", "-m", "to staging")
        project.git("init", "--quiet", "--bare", str(tmp_path / "remote"))
        project.git("remote", "add", "origin", f"file://{tmp_path / 'remote'}")
        project.git("push", "--quiet", "origin", "main", "--tags")
        chosen = "stage=staging"
    names = [line for line in (ROOT / "docker/predict.txt").read_text().splitlines() if not line.startswith("#")]
    command = [sys.executable, "-c", FETCH, chosen, str(project.root), json.dumps(sorted(needed(names)))]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "800"
