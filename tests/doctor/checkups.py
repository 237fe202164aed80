"""One check of ``headway doctor`` at a time, which costs only what that check looks at."""

from __future__ import annotations

from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING

from headway.app.doctor.catalogue import CATALOGUE, check_topic
from headway.app.doctor.ground import DoctorRequest, Ground
from headway.ci.job import Overrides
from headway.ci.read import detect, read_context, read_job, read_workflow_job
from headway.publish.http.options import ClientOptions
from headway.remotes.environment import read_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.report.commands.checkup import Diagnosis

TOPICS = {topic.name: (family, topic) for family, topics in CATALOGUE.items() for topic in topics}
NOTHING: Mapping[str, str] = MappingProxyType({})


def check(folder: Path, name: str, environ: Mapping[str, str] = NOTHING, *, offline: bool = False) -> Diagnosis:
    """What one check finds in a folder, in a job with these variables and no others."""
    request = DoctorRequest(
        folder=folder,
        settings=None,
        offline=offline,
        job=read_job(environ),
        forge=detect(environ),
        environment=read_environment(environ),
        read_context=lambda forge, repository: read_context(environ, Overrides(forge=forge, repository=repository)),
        client=ClientOptions(sleep=lambda _: None),
        workflow=read_workflow_job(environ),
    )
    with ExitStack() as opened:
        return check_topic(*TOPICS[name], Ground(request, opened))


def status(folder: Path, name: str, environ: Mapping[str, str] = NOTHING) -> str:
    """How one check ends."""
    return check(folder, name, environ).status
