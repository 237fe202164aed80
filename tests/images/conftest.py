"""Makes the scripts importable that check images; they import each other by name."""

from __future__ import annotations

import sys

from images.dockerfiles import ROOT

sys.path.append(str(ROOT / "scripts"))
