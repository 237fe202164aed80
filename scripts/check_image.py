"""Checks an image: what is in it, and what it answers. The standard library is enough to run this.

The training image trains from the embedded remote, and its metrics and its model have to be those of this repository,
byte for byte. The prediction image has to give the predictions that the pipeline computed for the test split.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from container_engine import Buildah, Container, Docker, Engine, Launch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
REMOTE = ROOT / ".dvc/embedded"
ANYBODY = "12345:12345"
"""A user that the images do not know, and whose files are nobody else's."""
INVENTORY = """
import hashlib, json, os, sys
sizes = set(map(int, sys.argv[1:]))
found = {}
for top, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(top, name) not in {"/dev", "/proc", "/sys"}]
    for path in (os.path.join(top, name) for name in files):
        if os.path.isfile(path) and not os.path.islink(path):
            size = os.path.getsize(path)
            is_read = size in sizes or path.startswith("/app/")
            found[path] = hashlib.md5(open(path, "rb").read()).hexdigest() if is_read else ""
json.dump(found, sys.stdout)
"""
"""Lists the files of an image, with the hashes of its own files and of those with one of the sizes given."""
SECRET_FILES = re.compile(r"/(\.aws|\.git|\.ssh|\.dvc/cache)/|/(\.env|\.git-credentials|\.netrc|config\.local|id_\w+)$")
SECRET_VARIABLES = re.compile(r"ACCESS_KEY|CREDENTIAL|PASSWORD|SECRET|TOKEN")
START_S, STOP_S, POLL_S = 120, 30, 0.5
"""How long a service may take to start on a slow machine, and to stop, and how often its health is asked for."""


class CheckError(Exception):
    """What is wrong with an image."""


def main() -> None:
    """Check the image that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: python scripts/check_image.py train")
    parser.add_argument("kind", choices=CHECKS, help="which image; its name is digits-KIND")
    parser.add_argument("--engine", choices=ENGINES, default="docker", help="what runs it  [default: docker]")
    request = parser.parse_args()
    engine, image = ENGINES[request.engine](), f"digits-{request.kind}"
    try:
        check_contents(engine, image)
        CHECKS[request.kind](engine, image)
    except CheckError as error:
        sys.exit(f"error: {image}: {error}")
    print(f"{image}: all checks passed")


def require(condition: object, text: str) -> None:
    """Raise an error with a text if a condition does not hold."""
    if not condition:
        raise CheckError(text)


def check_contents(engine: Engine, image: str) -> None:
    """Look for data, secrets and untracked files, and at the user and the variables."""
    configuration = engine.configuration(image)
    require(re.fullmatch(r"[1-9]\d*:[1-9]\d*", configuration["User"]), "its user is not a number other than 0")
    exposed = [line for line in configuration["Env"] if SECRET_VARIABLES.search(line.partition("=")[0])]
    require(not exposed, f"it has variables for secrets: {exposed}")
    objects = {path.parent.name + path.name: path.stat().st_size for path in REMOTE.rglob("*") if path.is_file()}
    files = json.loads(
        run_to_end(engine, inventory(image, set(objects.values()))).splitlines()[-1]
    )  # after any warning
    data = sorted(path for path, md5 in files.items() if md5 in objects)
    require(not data, f"it contains data: {data}")
    secret = sorted(path for path in files if SECRET_FILES.search(path))
    require(not secret, f"it contains files for secrets: {secret}")
    tracked = {hashlib.md5((ROOT / name).read_bytes(), usedforsecurity=False).hexdigest() for name in tracked_files()}
    own = {path: md5 for path, md5 in files.items() if path.startswith("/app/")}
    require(own, "it contains no file of this repository")
    strange = sorted(path for path, md5 in own.items() if md5 not in tracked)
    require(not strange, f"it contains files that git does not track: {strange}")
    print(f"{image}: {len(files)} files, {len(own)} of them from this repository; no data and no secrets")


def tracked_files() -> list[str]:
    """The files that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.check_output(command, cwd=ROOT, text=True)
    return [name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def inventory(image: str, sizes: set[int]) -> Launch:
    """How to list the files of an image; only root may read all folders."""
    command = ["python", "-c", INVENTORY, *map(str, sorted(sizes))]
    return Launch(image=image, command=command, user="0:0", mounts={}, environ={})


def run_to_end(engine: Engine, launch: Launch, code: int = 0) -> str:
    """Run an image until it ends by itself with an exit code; what it printed."""
    with engine.start(launch) as container:
        printed, _ = container.process.communicate()
    require(container.process.returncode == code, f"exit code {container.process.returncode}, not {code}:\n{printed}")
    return printed


def check_train(engine: Engine, image: str) -> None:
    """Train, and compare the metrics and the model with those of this repository."""
    require("--volume" in run_to_end(engine, Launch(image=image, mounts={}, environ={}), code=2), "it says no remedy")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # only root may remove what anybody wrote
        results = Path(folder)
        results.chmod(0o777)  # so that anybody may write there
        run_to_end(
            engine,
            Launch(
                image=image,
                user=ANYBODY,
                mounts={"/remote": REMOTE, "/results": results},
                writable=frozenset({"/results"}),
                environ={"DVC_REMOTE_URL": "/remote"},
            ),
        )
        for name in ("reports/metrics.json", "reports/predictions.csv"):
            require((results / name).read_bytes() == (ROOT / name).read_bytes(), f"{name} is not this repository's")
        model = hashlib.md5((results / "models/digits.safetensors").read_bytes(), usedforsecurity=False).hexdigest()
        require(model == locked("models/digits.safetensors"), "the model is not the one in dvc.lock")
    print(f"{image}: it trained the model of dvc.lock, byte for byte, with the metrics of reports/metrics.json")


def check_predict(engine: Engine, image: str) -> None:
    """Serve a mounted model, then the model of a commit, and compare what each says with what the pipeline computed."""
    mounted = {"/model": stored(locked("models/digits.safetensors"))}
    with serving(engine, image, ["--model", "/model"], mounted) as container:
        count = check_predictions(container)
        check_stop(container)
    print(f"{image}: {count} predictions are those of reports/predictions.csv; SIGTERM stopped it with exit code 0")
    run_to_end(engine, Launch(image=image, command=health_command(engine, image), mounts={}, environ={}), code=1)
    print(f"{image}: its health check fails where no service answers")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        source = f"file://{ROOT.resolve()}"
        subprocess.run(["git", "clone", "--quiet", source, f"{folder}/clone"], check=True)
        head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=f"{folder}/clone", text=True).strip()
        words = ["--sha", head, "--repository", "file:///repository"]  # a clone, because the mount is read-only
        with serving(engine, image, words, {"/repository": Path(folder, "clone")}) as container:
            model = json.loads(ask(container, "/health"))["model"]
            require(model["commit"] == head, f"it serves {model}, not the model of {head}")
            check_predictions(container)
    print(f"{image}: it fetched the model of the commit {head[:7]}")


@contextmanager
def serving(engine: Engine, image: str, words: list[str], mounts: dict[str, Path]) -> Iterator[Container]:
    """A service that is healthy by its own health check."""
    command = health_command(engine, image)
    with engine.start(Launch(image=image, arguments=words, user=ANYBODY, mounts=mounts, environ={})) as container:
        end = time.monotonic() + START_S
        while (check := container.execute(command)).returncode:
            if container.process.poll() is not None:
                raise CheckError(f"it ended before it was healthy:\n{container.process.communicate()[0]}")
            require(time.monotonic() < end, f"it is not healthy after {START_S} s: {check.stdout}{check.stderr}")
            time.sleep(POLL_S)
        yield container


def health_command(engine: Engine, image: str) -> list[str]:
    """The command that the image declares as its health check."""
    kind, *command = engine.configuration(image)["Healthcheck"]["Test"]
    require(kind == "CMD", f"its health check needs a shell: {kind}")
    return [str(word) for word in command]


def check_predictions(container: Container) -> int:
    """Ask for the test split, as CSV and one row as JSON; how many rows that were."""
    expected = {row["id"]: row for row in csv.DictReader((ROOT / "reports/predictions.csv").read_text().splitlines())}
    header, *lines = stored(locked("data/digits.csv")).read_text().splitlines()
    asked = [line for line in lines if line.partition(",")[0] in expected]
    answer = ask(container, "/predict", ("text/csv", "\n".join([header, *asked, ""])))
    for row in csv.DictReader(answer.splitlines()):
        computed = expected.pop(row["id"])
        require(row["digit"] == computed["predicted"], f"{row['id']}: {row['digit']}, not {computed['predicted']}")
        wrong = {name: value for name, value in computed.items() if row.get(name, value) != value}
        require(not wrong, f"{row['id']}: the pipeline computed {wrong}")
    require(not expected, f"it predicts nothing for {sorted(expected)}")
    ask(container, "/predict", ("application/json", '{"digits": [{"id": "a", "pixels": [[17]]}]}'), status=422)
    return len(asked)


def ask(container: Container, path: str, body: tuple[str, str] | None = None, status: int = 200) -> str:
    """Send a request, with a body if there is one, of which the type comes first; the answer has to have a status."""
    kind, text = body or ("", "")
    connection = http.client.HTTPConnection(container.address(), timeout=STOP_S)
    connection.request("POST" if body else "GET", path, text or None, {"Content-Type": kind} if kind else {})
    answer = connection.getresponse()
    answered = answer.read().decode()
    connection.close()
    require(answer.status == status, f"{path} gave {answer.status}, not {status}: {answered}")
    return answered


def check_stop(container: Container) -> None:
    """Send SIGTERM, as an orchestrator does; it has to end with 0."""
    container.terminate()
    printed, _ = container.process.communicate(timeout=STOP_S)
    require(container.process.returncode == 0, f"SIGTERM gave exit code {container.process.returncode}:\n{printed}")


def locked(path: str) -> str:
    """The hash of a file in dvc.lock."""
    found = re.findall(rf"path: {re.escape(path)}\n +hash: md5\n +md5: (\w+)", (ROOT / "dvc.lock").read_text())
    return str(found[0])


def stored(md5: str) -> Path:
    """An object of the embedded remote."""
    return REMOTE / "files/md5" / md5[:2] / md5[2:]


CHECKS: dict[str, Callable[[Engine, str], None]] = {"train": check_train, "predict": check_predict}
ENGINES: dict[str, Callable[[], Engine]] = {"docker": Docker, "buildah": Buildah}

if __name__ == "__main__":
    main()
