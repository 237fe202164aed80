"""DVC's remote in CI: from the environment to a remote that answers, or to one line that says why it does not.

This room knows which variables each kind of storage reads, how to point DVC at a URL without changing a tracked file,
and what a storage's errors mean. It moves no data: DVC does, with the same credentials.
"""

import os

# Without this, gcsfs first asks Google by gRPC what kind of bucket it is, for a minute where nothing lets gRPC through.
# It reads the variable when it is imported, which DVC does, here and in the commands that this process starts.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
