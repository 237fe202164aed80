"""Write src/headway/report/assets/vega.min.js anew: the JavaScript that draws the charts of report.html.

The bundle takes a second to make and is the same for every report, so it is kept in the repository. Run this after an
update of vl-convert-python; a test says when the file is out of date.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import vl_convert

ASSET = Path(__file__).parent.parent / "src/headway/report/assets/vega.min.js"


def bundle() -> str:
    """The bundle, with a first line that says what is in it and what made it.

    Vega-Embed brings Vega's expression interpreter along, so that the page needs no ``eval``.
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
