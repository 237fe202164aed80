"""Nothing that describes Headway, and no value that it carries, shows what the environment holds."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from headway.app.comparison import Request
from headway.ci.read import read_job
from headway.gather import Network
from headway.remotes.environment import read_credentials, read_environment

DESCRIBE = """
import importlib, inspect, pkgutil, pydoc
import headway

found = pkgutil.walk_packages(headway.__path__, "headway.")
modules = [headway, *(importlib.import_module(each.name) for each in found)]
public = [getattr(headway, name) for name in headway.__all__]
inside = [value for module in modules for value in vars(module).values()]
classes = [value for value in inside if inspect.isclass(value) and value.__module__.startswith("headway.")]
methods = [method for value in {*classes} for _, method in inspect.getmembers_static(value)]

for value in [*modules, *filter(callable, public)]:
    print(pydoc.plain(pydoc.render_doc(value)))
for value in {id(value): value for value in [*inside, *methods]}.values():
    print(repr(value))
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # not callable, or written in C without a signature
        continue
    print(signature, [repr(each.default) for each in signature.parameters.values()])
"""


def test_no_documentation_signature_or_constant_holds_the_environment(tmp_path: Path) -> None:
    mark = secrets.token_hex(16)
    marked = dict.fromkeys(("HEADWAY_TEST_MARK", "HEADWAY_TOKEN", "AWS_SECRET_ACCESS_KEY"), mark)
    # Nothing else of this process's environment, so that a failure of this test shows no secret either.
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **marked}
    done = subprocess.run([sys.executable, "-c", DESCRIBE], check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert "function compare_revisions in module headway.api" in done.stdout, "the public functions are described"
    assert "headway.gather.git.fetching" in done.stdout, "and so are the modules inside"
    assert mark not in done.stdout


def test_no_value_that_carries_credentials_shows_them() -> None:
    mark = secrets.token_hex(16)
    environ = {"AWS_ACCESS_KEY_ID": mark, "AWS_SECRET_ACCESS_KEY": mark, "GITHUB_TOKEN": mark}
    credentials = read_credentials(environ)
    assert credentials["AWS_SECRET_ACCESS_KEY"] == mark
    job = read_job(environ)
    request = Request(folder=Path(), base=None, head=None, settings=None, job=job, credentials=credentials)
    values = credentials, read_environment(environ), Network(credentials=credentials), job, request
    assert mark not in f"{values} {values!s}"
