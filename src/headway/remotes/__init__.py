"""DVC's remote in CI: from the environment to a remote that answers, or to one line that says why it does not.

The station knows which variables each kind of storage reads, how DVC is pointed at an address without touching a
tracked file, and what a storage's refusal means. It moves no data: that is DVC's, with the same credentials.
"""

import os

# Without this, gcsfs first asks Google by gRPC what kind of bucket it is, for a minute where nothing lets gRPC through.
# It reads the variable when it is imported, which DVC does, here and in the commands that this process starts.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
