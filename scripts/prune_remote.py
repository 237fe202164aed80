"""Drop from the embedded remote what the workspace's dvc.lock and *.dvc files do not need, so that git stays small.

`dvc gc --workspace --cloud` would drop the same from the local cache as well, where other branches still want it.
History keeps what was pushed with it: check an old commit out, and its remote comes along.
"""

from __future__ import annotations

from dvc.repo import Repo
from dvc_data.hashfile.db import get_index
from dvc_data.hashfile.gc import gc

REMOTE = "embedded"


def main() -> None:
    """Push what is missing, then remove the rest."""
    with Repo() as repo:
        pushed = repo.push(remote=REMOTE)
        needed = set().union(*repo.used_objs(remote=REMOTE).values())
        odb = repo.cloud.get_remote_odb(REMOTE, "prune", hash_name="md5")
        removed = gc(odb, needed)
        get_index(odb).clear()  # DVC's own memory of what the remote holds
    print(f"{REMOTE}: {pushed} objects pushed, {removed} removed, {len(needed)} needed")


if __name__ == "__main__":
    main()
