"""Remove objects from the embedded remote that the workspace's dvc.lock and *.dvc files do not need, to keep git small.

`dvc gc --workspace --cloud` would also remove them from the local cache, where other branches may need them. Old
commits keep their objects: git restores the embedded remote when you check out the commit.
"""

from __future__ import annotations

from dvc.repo import Repo
from dvc_data.hashfile.db import get_index
from dvc_data.hashfile.gc import gc
from dvc_data.hashfile.transfer import transfer

REMOTE = "embedded"


def main() -> None:
    """Push missing objects, then remove those that are not needed."""
    with Repo() as repo:
        needed = set().union(*repo.used_objs(remote=REMOTE).values())
        remote = repo.cloud.get_remote_odb(REMOTE, "prune", hash_name="md5")
        # Without an index: `dvc push` assumes that the files of a folder are present if the folder's listing is.
        pushed = transfer(repo.cache.local, remote, needed).transferred
        removed = gc(remote, needed)
        get_index(remote).clear()  # DVC's own record of the remote's objects
    print(f"{REMOTE}: {len(pushed)} objects pushed, {removed} removed, {len(needed)} needed")


if __name__ == "__main__":
    main()
