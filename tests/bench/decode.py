"""How many symbols the cascade reads, side by side with zxing-cpp and zbar alone: synthetic frames and photographs.

    python -m tests.bench.decode [--rounds 8] [--first 0] [--photos FOLDER] [--budget-ms 60]

Times are CPU milliseconds of this process. A photograph's text stands beside it in a file of the same name (.txt or
.bin); folders whose name begins with "false" hold pictures without a code.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from devices.vision import decode, engines
from devices.vision.picture import grey
from devices.vision.reading import Picture
from tests.bench.frames import CONDITIONS, Frame, empty, frames

Reader = Callable[[Picture], set[str]]


def readers(budget_ms: float) -> dict[str, Reader]:
    """What is compared, by name."""
    return {
        "cascade": lambda picture: {read.text for read in decode(picture, budget_ms).reads},
        "zxing-cpp alone": lambda picture: {read.text for read in engines.zxing(picture, "", lowest=0)},
        "zbar alone": lambda picture: {read.text for read in engines.zbar(picture, "")},
    }


def compare(pictures: list[Frame], budget_ms: float) -> None:
    """Read all pictures with all readers and print one line each."""
    for name, reader in readers(budget_ms).items():
        times, right, wrong = [], Counter[str](), 0
        for one in pictures:
            started = time.process_time()
            texts = {tidy(text) for text in reader(one.picture)}
            times.append((time.process_time() - started) * 1000)
            right[one.condition] += tidy(one.text) in texts
            wrong += bool(texts) and tidy(one.text) not in texts
        share = sum(right.values()) / len(pictures)
        print(f"{name:16} read {share:6.1%}  wrong {wrong}  CPU median {np.median(times):5.1f} ms"
              f"  p95 {np.percentile(times, 95):6.1f} ms")  # fmt: skip
        if name == "cascade":
            counts = Counter(one.condition for one in pictures)
            print("   ", ", ".join(f"{condition} {right[condition]}/{counts[condition]}" for condition in counts))


def without_code(pictures: list[Picture], what: str) -> None:
    """Print what is read where there is nothing, and what looking costs with and without gating."""
    for gate in (False, True):
        found = [decode(picture, gate=gate) for picture in pictures]
        times = [result.ms for result in found]
        print(f"{what}, gate {gate!s:5}: {sum(bool(one.reads) for one in found)} read of {len(pictures)}, CPU mean "
              f"{np.mean(times):.1f} ms, median {np.median(times):.1f} ms")  # fmt: skip


def tidy(text: str) -> str:
    """Blanks, brackets and separators left out: engines write GS1 in two ways."""
    return re.sub(r"[\s()\x1d\ufeff]", "", text.replace("<GS>", ""))


def photographs(folder: Path) -> Iterator[tuple[Frame, str]]:
    """Pictures with their text; the text of pictures without a code is ""."""
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".png", ".webp", ".jpg"):
            text = "" if file.parent.name.startswith("false") else _text(file)
            if text is not None:
                yield Frame(grey(file.read_bytes()), "", text, file.parent.name), file.name


def _text(file: Path) -> str | None:
    if file.with_suffix(".txt").exists():
        return file.with_suffix(".txt").read_text("utf-8", errors="replace")
    return file.with_suffix(".bin").read_bytes().decode("latin-1") if file.with_suffix(".bin").exists() else None


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Symbols read by the cascade and by each engine alone.")
    parser.add_argument("--rounds", type=int, default=8, help="times 48 synthetic frames")
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--budget-ms", type=float, default=60)
    options = parser.parse_args()
    engines.capabilities()
    made = list(frames(options.rounds, options.first))
    print(f"{len(made)} synthetic frames, {len(CONDITIONS)} conditions × 4 symbologies")
    compare(made, options.budget_ms)
    without_code([empty(number).picture for number in range(40)], "bench without a label")
    if options.photos:
        found = list(photographs(options.photos))
        coded, bare = [one for one, _ in found if one.text], [one.picture for one, _ in found if not one.text]
        print(f"{len(coded)} photographs")
        compare(coded, options.budget_ms)
        without_code(bare, "photographs without a code")


if __name__ == "__main__":
    main()
