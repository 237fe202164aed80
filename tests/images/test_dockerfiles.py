"""The images are made of what they need and nothing else, and say who they run as and how to ask for their health."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import packages_distributions
from itertools import chain

import msgspec
import pytest
from house.requirements import needed
from images.dockerfiles import (
    KINDS,
    ROOT,
    copied,
    dockerfile,
    ignore_file,
    imported_files,
    imports,
    in_context,
    matches,
    only,
    repository_files,
    sources,
)

BASE = r"BASE=docker\.io/library/python:3\.11-slim-bookworm(@sha256:[0-9a-f]{64})?"
"""A tag, which Renovate makes a tag with a digest."""
PRIVATE = [
    *("data/digits.csv", "models/digits.safetensors", "splits/test.parquet", "reports/predictions.csv"),
    *(".dvc/config.local", ".dvc/cache/files/md5/00/ff", ".dvc/embedded/files/md5/00/ff", ".dvc/tmp/lock"),
    *(
        ".git/config",
        ".env",
        ".netrc",
        "credentials.json",
        "docker/.env",
        "src/digits/.env",
        "src/headway/.netrc",
        "src/headway/__pycache__/a.pyc",
    ),
]
STAGES = ("prepare", "train", "evaluate", "draw")
PLUG_INS = {"dvc-gs", "dvc-s3"}
"""DVC loads them by the address of the remote."""

of_each_image = pytest.mark.parametrize("kind", KINDS)


@of_each_image
def test_every_file_that_is_copied_exists_and_is_in_the_context(kind: str) -> None:
    seen = in_context(kind, repository_files())
    missing = [source for source in sources(kind) if not any(f"{file}/".startswith(source) for file in seen)]
    assert not missing


@of_each_image
def test_the_context_is_what_is_copied(kind: str) -> None:
    unneeded = in_context(kind, repository_files()) - copied(kind)
    assert {file for file in unneeded if not re.fullmatch(r"src/digits/.*\.py", file)} == set()


@of_each_image
def test_no_data_and_no_secret_gets_into_the_context(kind: str) -> None:
    assert ignore_file(kind).read_text().splitlines()[1] == "*", "everything is ignored but what is named"
    assert in_context(kind, PRIVATE) == set()


@pytest.mark.parametrize(
    ("file", "pattern", "expected"),
    [
        ("a/b.py", "*", True),
        ("a/b.py", "a/*.py", True),
        ("a/b/c.py", "a/*.py", False),
        ("a/b/c.py", "a/**/*.py", True),
        ("a/c.py", "a/**/*.py", True),
        ("a/b/c.txt", "a/**", True),
        ("ab/c", "a", False),
    ],
)
def test_patterns_are_read_as_docker_reads_them(file: str, pattern: str, *, expected: bool) -> None:
    assert matches(file, pattern) is expected


@of_each_image
def test_the_base_is_a_tag_that_only_the_bot_makes_a_digest(kind: str) -> None:
    assert re.fullmatch(BASE, dockerfile(kind)[0].rest)
    assert only(kind, "FROM") == "$BASE"


def test_both_images_have_the_same_base() -> None:
    assert len({dockerfile(kind)[0] for kind in KINDS}) == 1


def test_the_bot_adds_digests_to_tags() -> None:
    settings = json.loads((ROOT / ".github/renovate.json").read_text())
    assert settings["pinDigests"] is True
    assert "dockerfile" in settings["enabledManagers"]


@of_each_image
def test_it_runs_as_a_user_that_is_not_root_and_without_a_shell(kind: str) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", only(kind, "USER"))
    assert json.loads(only(kind, "ENTRYPOINT"))[0] == "python", "a shell would get the signals instead"
    assert {each.name for each in dockerfile(kind)}.isdisjoint({"ADD", "CMD", "SHELL", "VOLUME"})


def test_the_service_says_how_to_ask_for_its_health_and_a_training_does_not() -> None:
    assert only("train", "HEALTHCHECK") == "NONE"
    *_, command = only("predict", "HEALTHCHECK").split(" CMD ")
    assert json.loads(command) == ["python", "docker/health.py"]
    assert (only("predict", "EXPOSE"), only("predict", "STOPSIGNAL")) == ("8080", "SIGTERM")


@of_each_image
def test_no_build_argument_or_variable_holds_a_secret(kind: str) -> None:
    names = [each.rest for each in dockerfile(kind) if each.name in {"ARG", "ENV"}]
    assert not re.search(r"KEY|PASSWORD|SECRET|TOKEN|CREDENTIAL", " ".join(names))


def test_the_training_image_has_the_code_that_its_stages_depend_on() -> None:
    stages = msgspec.yaml.decode((ROOT / "dvc.yaml").read_bytes())["stages"]
    code = {dep for stage in STAGES for dep in stages[stage]["deps"] if dep.startswith("src/")}
    assert {file for file in copied("train") if file.startswith("src/")} == code | {"src/digits/__init__.py"}


def test_the_prediction_image_has_the_code_that_the_service_imports_and_nothing_of_the_training() -> None:
    code = imported_files("src/digits/serve/__main__.py")
    digits = {file for file in copied("predict") if file.startswith("src/digits/")}
    assert code <= digits
    assert {
        file for file in digits - code if not file.startswith(("src/digits/serve/", "src/digits/inference/"))
    } == set()
    assert {file for file in repository_files() if matches(file, "src/headway/**/*.py")} <= copied("predict")


def packages(kind: str) -> set[str]:
    """The packages that an image names."""
    return {line for line in (ROOT / f"docker/{kind}.txt").read_text().splitlines() if not line.startswith("#")}


def test_the_training_image_names_the_packages_that_its_code_imports() -> None:
    files = [file for file in copied("train") if file.endswith(".py")]
    # pandas reads Parquet with pyarrow.
    assert packages("train") == third_party(files) | PLUG_INS | {"pyarrow"}


def test_the_packages_of_the_prediction_image_bring_what_its_code_imports() -> None:
    """Of Headway, the service uses only what fetches a model: test_fetching_with_these_packages runs that."""
    files = [file for file in copied("predict") if file.startswith("src/digits/")]
    assert third_party(files) <= needed(packages("predict"))
    assert packages("predict") > PLUG_INS


def third_party(files: list[str]) -> set[str]:
    """The packages that some files import."""
    owners = packages_distributions()
    tops = {module.partition(".")[0] for module in chain.from_iterable(imports(file) for file in files)}
    foreign = tops - sys.stdlib_module_names - {"digits", "headway"}
    return {re.sub("[-_]+", "-", owner).lower() for top in foreign for owner in owners[top]}
