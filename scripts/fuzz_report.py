"""Fuzz the reader of report.json: any bytes give a ReportFileError, or a report whose rendering notifies no one.

    pip install atheris
    python scripts/fuzz_report.py -max_total_time=60 corpus/

Atheris accepts libFuzzer's options. It stores inputs in ``corpus/``, which is optional. The tests do not depend on
Atheris: tests/publish/fork/test_hostile_bytes.py mutates bytes with hypothesis, and uses the same function ``read``.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # installed manually, see above

with atheris.instrument_imports(include=["headway"]):
    from hostile_reading import SEEDS, mutated, read


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Change values in half of the cases, which keeps the JSON valid, and bytes in the other half."""
    chosen = random.Random(seed)  # noqa: S311 - libFuzzer's own seed, to reproduce findings
    changed = mutated(data, chosen) if chosen.randrange(2) else None
    if changed is not None and len(changed) <= most:
        return changed
    return bytes(atheris.Mutate(data, most))


def main() -> None:
    """Run until libFuzzer's options end the run; a crash saves its input as ``crash-...``."""
    corpus = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    for folder in map(Path, corpus[:1]):
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS):
            (folder / f"seed-{number}.json").write_bytes(seed)
    atheris.Setup(sys.argv, read, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
