"""Drop from the embedded remote what the workspace's dvc.lock and *.dvc files do not need, so that git stays small.

`dvc gc --workspace --cloud` would drop the same from the local cache as well, where other branches still want it.
History keeps what was pushed with it: check an old commit out, and its remote comes along.
"""

from __future__ import annotations

from dvc.repo import Repo
from dvc_data.hashfile.db import get_index
from dvc_data.hashfile.gc import gc
from dvc_data.hashfile.transfer import transfer

REMOTE = "embedded"


def main() -> None:
    """Push what is missing, then remove the rest."""
    with Repo() as repo:
        needed = set().union(*repo.used_objs(remote=REMOTE).values())
        remote = repo.cloud.get_remote_odb(REMOTE, "prune", hash_name="md5")
        # Without an index: `dvc push` takes the files of a folder for present where the folder's own entry is.
        pushed = transfer(repo.cache.local, remote, needed).transferred
        removed = gc(remote, needed)
        get_index(remote).clear()  # DVC's own memory of what the remote holds
    print(f"{REMOTE}: {len(pushed)} objects pushed, {removed} removed, {len(needed)} needed")


if __name__ == "__main__":
    main()
