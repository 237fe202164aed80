"""Update src/headway/report/assets/vega.min.js, the JavaScript that draws the charts in report.html.

Creating the bundle takes a second and gives the same result for every report, so the repository contains it. Run this
script after you update vl-convert-python; a test fails if the file is out of date.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import vl_convert

ASSET = Path(__file__).parent.parent / "src/headway/report/assets/vega.min.js"


def bundle() -> str:
    """The bundle, with a first line that names its contents and the tool that created it.

    Vega-Embed includes Vega's expression interpreter, so the page needs no ``eval``.
    """
    made_of = (
        f"Vega {vl_convert.get_vega_version()}, Vega-Lite {vl_convert.get_vegalite_versions()[-1]}, "
        f"Vega-Embed {vl_convert.get_vega_embed_version()}"
    )
    origin = f"bundled by vl-convert-python {version('vl-convert-python')}; licences in vega.LICENSE.txt"
    return f"/* {made_of}; {origin} */\n{vl_convert.javascript_bundle('window.vegaEmbed = vegaEmbed;')}\n"


def main() -> None:
    """Write the bundle."""
    ASSET.write_text(bundle(), encoding="utf-8")


if __name__ == "__main__":
    main()
