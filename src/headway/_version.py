"""Headway's version, which is that of the installed package: the build takes it from the tag of the release.

Importing this reads the package's metadata, so what has to be fast, such as ``import headway``, does not import it.
"""

from importlib.metadata import PackageNotFoundError, version

PACKAGE = "dvc-headway"

try:
    __version__ = version(PACKAGE)
except PackageNotFoundError:
    __version__ = "0+unknown"  # the sources run without an installation, as in the image of the prediction service
