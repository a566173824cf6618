"""Printed codes changed by chance: how many pass. ``python -m tests.bench.codes [--strings 100000] [--seed 1]``.

Each string goes through the whole parser, tidying of look-alikes and layouts included: once alone, once in a plant of
55 000 objects. There a text that becomes right with Y and Z exchanged passes when that code exists, which is what a
German keyboard layout makes of it; such a text is told apart by whether it is the code that was changed.
"""

import argparse
import random
import time
from collections.abc import Callable

from devices.barcode import PLAIN, Scan, parse
from devices.codes import ALPHABET, CodeError, Kind, make

_TIDY = str.maketrans("OIL", "011")


def changed(text: str, draw: random.Random) -> str:
    """One or two wrong characters, or two that changed places; never what a person may write for the code itself."""
    while True:
        chars = list(text)
        if draw.random() < 1 / 3:
            left, right = draw.sample(range(10), 2)
            chars[left], chars[right] = chars[right], chars[left]
        else:
            for place in draw.sample(range(10), draw.choice((1, 2))):
                chars[place] = draw.choice(ALPHABET + "ILOU")
        found = "".join(chars)
        if found[0] + found[1:].translate(_TIDY) != text:
            return found


def passes(texts: list[str], exists: Callable[..., bool] | None = None) -> list[Scan]:
    """What the parser takes for one of our codes."""
    found = []
    for text in texts:
        try:
            scan = parse(text, exists=exists)
        except CodeError:
            continue
        if scan.kind not in (PLAIN, "gs1"):
            found.append(scan)
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Fuzzed codes.")
    parser.add_argument("--strings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    known = {make(kind, number) for kind in Kind for number in range(1, 5001)}
    codes = sorted(known)
    started = time.process_time()
    pairs = [(code, changed(code, draw)) for code in draw.choices(codes, k=options.strings)]
    alone = passes([text for _, text in pairs])
    mended = [(code, scan) for code, text in pairs for scan in passes([text], lambda code: code.text in known)]
    other = sum(code != scan.text for code, scan in mended)
    letters = [draw.choice("TWULBSDKRCN") + "".join(draw.choices(ALPHABET, k=9)) for _ in range(options.strings)]
    chance = passes(letters, lambda code: code.text in known)
    resolved = [scan for scan in chance if scan.text in known and scan.text != scan.raw]
    spent = time.process_time() - started
    print(f"{options.strings} codes with one or two wrong characters or a swap: {len(alone)} pass")
    print(f"the same in a plant of {len(known)} objects: {len(mended)} are read as a German layout's, {other} of them"
          " as another object")  # fmt: skip
    print(f"{options.strings} random strings of the right form: {len(chance) / options.strings:.3%} pass the check,"
          f" {len(resolved)} resolve to an object that they are not")  # fmt: skip
    print(f"CPU {spent / options.strings / 3 * 1e6:.0f} µs each")


if __name__ == "__main__":
    main()
