"""The job for GitLab CI, in a file of its own that the pipeline includes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.app.scaffold.files import Entry, PlannedFile, own_file, with_entry
from headway.app.scaffold.words import yaml_paths
from headway.bounded_yaml import load_yaml
from headway.report.commands.suggested_settings import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.app.scaffold.jobs import Jobs

PIPELINE, JOB = ".gitlab-ci.yml", ".gitlab/headway.yml"
_USUAL_STAGE = "test"


def pipeline(jobs: Jobs) -> list[PlannedFile]:
    """The job, and the pipeline that includes it."""
    root = jobs.repository.root
    path = root / PIPELINE
    stage = _stage(path.read_bytes()) if path.is_file() else _USUAL_STAGE
    return [
        own_file(root, JOB, "\n".join(_job(jobs, stage)) + "\n"),
        with_entry(root, PIPELINE, Entry(key="include", lines=[f"- local: {JOB}"], has=_includes)),
    ]


def _job(jobs: Jobs, stage: str) -> Iterator[str]:
    repository = jobs.repository
    yield "# Reports on each merge request how far it moves the model. Written by `headway init`."
    yield "# Masked CI/CD variable: GITLAB_TOKEN, a project access token with the scope `api` and the role Developer."
    if jobs.secrets:
        yield f"# For the data: {', '.join(jobs.secrets)}; keys that may read it and nothing else."
    if jobs.needs_address:
        yield "# DVC_REMOTE_URL, because .dvc/config names a folder of one machine."
    yield "headway:"
    yield f"  stage: {scalar(stage)}"
    yield f"  image: python:{repository.python}"
    yield "  rules:"
    yield '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"'
    yield "  variables:"
    yield '    GIT_DEPTH: "0" # the base is an earlier commit'
    yield "  cache:"
    yield f"    key: {{files: {yaml_paths(jobs.locks[:2])}}}"
    yield f"    paths: {yaml_paths(jobs.caches)}"
    yield "  script:"
    yield from (f"    - {command}" for command in jobs.install())
    yield from (f"    - {command}" for command in jobs.report())
    if clean_up := jobs.clean_up():
        yield "  after_script:"
        yield from (f"    - {command}" for command in clean_up)
    yield "  artifacts:"
    yield f"    paths: {yaml_paths([f'{repository.project}/reports/headway'.lstrip('/')])}"
    yield "    expire_in: 30 days"


def _stage(text: bytes) -> str:
    """A stage of the pipeline: GitLab's usual one, else the last that the pipeline names."""
    try:
        stages = load_yaml(text, "rt").get("stages")  # which takes tags such as GitLab's !reference
    except Exception:  # noqa: BLE001 - a pipeline that cannot be read is left to its owner
        return _USUAL_STAGE
    named = [str(stage) for stage in stages] if isinstance(stages, list) else []
    return _USUAL_STAGE if not named or _USUAL_STAGE in named else named[-1]


def _includes(pipeline: Mapping[str, Any]) -> bool:
    found = pipeline.get("include")
    entries = found if isinstance(found, list) else [found]
    names = (entry.get("local") if isinstance(entry, dict) else entry for entry in entries)
    return any(str(name).removeprefix("/") == JOB for name in names)
