"""Fuzz the reader of report.json: whatever the bytes, a ReportFileError, or a report whose rendering reaches nobody.

    pip install atheris
    python scripts/fuzz_report.py -max_total_time=60 corpus/

Atheris hands on libFuzzer's options; ``corpus/`` keeps what it finds and may be left out. It is no dependency of the
tests, which change bytes by hypothesis instead (tests/publish/fork/test_hostile_bytes.py), and shares :func:`read`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # installed by whoever fuzzes

with atheris.instrument_imports(include=["headway"]):
    from hostile_reading import SEEDS, mutated, read


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Change values half of the time, which keeps the document JSON, and bytes the other half."""
    chosen = random.Random(seed)  # noqa: S311 - libFuzzer's own seed, so that it can repeat what it found
    changed = mutated(data, chosen) if chosen.randrange(2) else None
    if changed is not None and len(changed) <= most:
        return changed
    return bytes(atheris.Mutate(data, most))


def main() -> None:
    """Run until libFuzzer's options say stop; a crash leaves its input in a file ``crash-...``."""
    corpus = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    for folder in map(Path, corpus[:1]):
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS):
            (folder / f"seed-{number}.json").write_bytes(seed)
    atheris.Setup(sys.argv, read, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
