"""A job of CI in a project: its environment, and the commands that it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from storages import KEY, KEY_ID

from headway.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from repos import Project
    from storages import GoogleStorage

_CI = ("AWS_", "AZURE_", "DVC_REMOTE", "GDRIVE_", "GITHUB_", "GOOGLE_", "OSS_", "RUNNER_")
"""How the variables begin that the machine's own CI may have set."""


@dataclass(frozen=True)
class Said:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


class Job:
    """A job of CI.

    Args:
        project: the DVC project it runs in.
        variables: its environment, beside what every process has.
    """

    def __init__(self, project: Project, variables: Mapping[str, str]) -> None:
        self.project = project
        self.variables = dict(variables)

    def given(self, **variables: str) -> Job:
        """The same job with other variables."""
        return Job(self.project, {**self.variables, **variables})

    def without(self, *names: str) -> Job:
        """The same job without some variables."""
        return Job(self.project, {name: value for name, value in self.variables.items() if name not in names})

    def of(self, project: Project) -> Job:
        """The same job in another project."""
        return Job(project, self.variables)

    def ci(self, *arguments: str) -> Said:
        """``headway ci``; see :meth:`headway`."""
        return self.headway("ci", *arguments)

    def headway(self, *arguments: str) -> Said:
        """``headway`` inside this process, which costs no start of an interpreter."""
        out, err = (TextIOWrapper(BytesIO(), write_through=True) for _ in range(2))  # as real streams take bytes too
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.project.root)
            for name in os.environ.keys() - self._environ().keys():
                patch.delenv(name)
            for name, value in self._environ().items():
                patch.setenv(name, value)
            code = run(arguments)
        return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def run(self, *command: str) -> Said:
        """A program to its end; ``headway`` and ``dvc`` are those beside this Python."""
        process = self.start(*command)
        out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program; see :meth:`run`."""
        name, *arguments = command
        return subprocess.Popen(
            [*_program(name), *arguments],
            cwd=self.project.root,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_CI)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "PATH": path, **self.variables}


def _program(name: str) -> list[str]:
    return [sys.executable, "-m", name] if name in {"dvc", "headway"} else [name]


def s3_job(project: Project, address: str, bucket: str, temporary: Path) -> Job:
    """A job with the keys of an S3 bucket."""
    return Job(
        project,
        {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": address,
            "DVC_REMOTE_URL": f"s3://{bucket}/dvc",
            "RUNNER_TEMP": str(temporary),
        },
    )


def google_job(project: Project, google: GoogleStorage, temporary: Path) -> Job:
    """A job with the JSON of a service account in a variable."""
    return Job(
        project,
        {
            "DVC_REMOTE_URL": "gs://team/dvc",
            "GOOGLE_APPLICATION_CREDENTIALS": google.account(),
            "NO_GCE_CHECK": "true",
            "RUNNER_TEMP": str(temporary),
            "STORAGE_EMULATOR_HOST": google.address,
        },
    )
