"""docs/retraining.md, by hand: each of its commands runs in its order, in a job of the forge."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repos import PIPELINE

if TYPE_CHECKING:
    from publish.requests.request_forges import Host
    from repos import Project

PAGE = Path(__file__).parents[2] / "docs/retraining.md"
TRAIN = """python -c "print('{\\"acc\\": 0.97}', file=open('metrics.json', 'w')); open('model.bin', 'w')" """


@pytest.mark.slow
def test_each_command_of_the_page_does_what_it_says(project: Project, host: Host, tmp_path: Path) -> None:
    (stage,) = PIPELINE["stages"].values()
    project.remote(tmp_path / "store").dvc_yaml({"stages": {"train": {**stage, "cmd": TRAIN}}}).commit("other code")
    project.git("push", "--quiet", "origin", "main")
    commands = [
        command
        for block in re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
        for command in block.splitlines()
    ]
    said = iter([project.paste(command) for command in commands])
    assert "Running stage 'train'" in next(said)
    assert "verified" in next(said)
    assert "1 file pushed" in next(said)
    assert "Would push 2 files to headway/results/main" in next(said)
    assert "Opened " in next(said)
    assert next(said) == ""
    assert "acc" in next(said)
    assert next(said, None) is None
    (request,) = host.open_requests()
    assert (request.title, request.head) == ("Retrain the model", "headway/results/main")
    assert list((tmp_path / "store").iterdir())
