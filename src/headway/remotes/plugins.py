"""Whether DVC's plug-in for a storage is installed."""

from __future__ import annotations

from dvc.fs import get_fs_cls


def lacks_plugin(url: str) -> bool:
    """Whether DVC needs a package for the storage of a URL that is not installed, or not as a whole."""
    try:
        return bool(get_fs_cls({"url": url}).get_missing_deps())
    except ImportError:
        return True
