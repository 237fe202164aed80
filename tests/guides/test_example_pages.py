"""The pages on kinds of models, by hand: their commands run on the examples, and their settings can be used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from guides.walk import ROOT, Walk, blocks

from headway.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {"classification": "imbalanced", "regression": "regression", "text-models": "text_tasks"}
OUTPUTS = {"classification": 3, "regression": 3, "text-models": 3}


def settings_of(text: str) -> Settings:
    return load_settings({"headway.yaml": text.encode()}.get, "workspace")


@pytest.mark.slow  # makes the example's repository
@pytest.mark.parametrize("page", EXAMPLES)
def test_each_command_of_the_page_prints_what_it_shows(page: str, tmp_path: Path) -> None:
    walk = Walk(ROOT, {"/tmp/": f"{tmp_path}/"})  # noqa: S108 - what the page names
    assert walk.run_page(page) == OUTPUTS[page]
    assert walk.folder == tmp_path / EXAMPLES[page]


@pytest.mark.parametrize("page", [*EXAMPLES, "seeds"])
def test_each_block_of_settings_can_be_used(page: str) -> None:
    settings = [block for block in blocks(page, "yaml") if not block.startswith(("plots:", "stages:"))]
    assert settings
    assert [block for block in settings if settings_of(block) == Settings()] == []


@pytest.mark.parametrize(("page", "example"), EXAMPLES.items())
def test_the_page_has_the_settings_of_its_example(page: str, example: str) -> None:
    """The page may leave out entries, but none of those that it has may differ."""
    own = (ROOT / f"examples/{example}/headway.yaml").read_text()
    shown = next(block for block in blocks(page, "yaml") if block.startswith("metrics:"))
    for name, value in msgspec.structs.asdict(settings_of(shown)).items():
        has = getattr(settings_of(own), name)
        if isinstance(value, dict):
            assert value.items() <= has.items()
        elif value:
            assert value == has


def test_the_sample_of_the_page_has_the_keys_of_its_settings() -> None:
    sample = json.loads(blocks("text-models", "text")[0])
    settings = settings_of(blocks("text-models", "yaml")[0])
    columns = {rule.estimating.column for rule in settings.metrics.values() if rule.estimating}
    assert {"id", "answer", *columns} <= sample.keys()
