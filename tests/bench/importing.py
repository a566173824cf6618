"""A plant's first import: 10 000 items, 50 000 BOM lines, 2 000 routings; and a list of 100 000 rows.

``python -m tests.bench.importing [--items N]`` prints seconds on the clock and of CPU.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from app.db import db, now_utc
from app.queries import sheets
from app.queries.sheets import Wish
from app.services.importing import import_folder
from app.web.admin.sheet_looks import look
from tests.bench.floor import application

_HEADS = {
    "sites": ("code", "name"), "lines": ("code", "name"), "stations": ("code", "name", "line"),
    "items": ("code", "name", "supply"), "bom": ("item", "position", "component", "quantity"),
    "routings": ("item", "operation", "position", "name", "piece_min"),
    "operation_stations": ("item", "operation", "station"),
}  # fmt: skip


def plant(folder: Path, items: int, lines: int, routings: int) -> None:
    """Write the files: made items first, each of bought ones and of made ones further down."""
    per = max(1, lines // routings)
    made, bought = range(routings), range(routings, items)

    def bom() -> Iterable[Sequence[object]]:
        for item in made:
            deeper = [item * 2 + 1, item * 2 + 2] if item * 2 + 2 < routings else []
            below = [*deeper, *(bought[(item * 7 + step * 13) % len(bought)] for step in range(per - len(deeper)))]
            for position, component in enumerate(dict.fromkeys(below), 1):
                yield f"I{item}", position * 10, f"I{component}", 1 + position % 3

    rows: dict[str, Iterable[Sequence[object]]] = {
        "sites": [("BIG", "Big")], "lines": [("L", "Line")],
        "stations": [(f"S{n}", f"Station {n}", "L") for n in range(50)],
        "items": [(f"I{n}", f"Item {n}", "make_to_order" if n < routings else "buy") for n in range(items)],
        "bom": bom(), "routings": [(f"I{n}", op, op, f"Step {op}", 2) for n in made for op in (10, 20, 30)],
        "operation_stations": [(f"I{n}", op, f"S{(n + op) % 50}") for n in made for op in (10, 20, 30)],
    }  # fmt: skip
    for name, head in _HEADS.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows[name])


def timed(what: str, work: Callable[[], Any]) -> Any:
    """Do it and print how long it took."""
    clock, cpu = time.perf_counter(), time.process_time()
    found = work()
    print(f"{what:<44} {time.perf_counter() - clock:8.2f} s   {time.process_time() - cpu:8.2f} s of CPU")
    return found


def main() -> None:
    """Run all of it on a fresh SQLite file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=100_000)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, application() as app, app.app_context():
        files = Path(folder) / "files"
        files.mkdir()
        plant(files, wish.items, wish.items * 5, wish.items // 5)
        _measure(files)
        _list(wish.rows, files)


def _measure(files: Path) -> None:
    dry = timed("dry run", lambda: import_folder(files, None, now_utc(), dry_run=True))
    assert not dry.problems, dry.problems[:3]
    done = timed("import", lambda: import_folder(files, None, now_utc()))
    print({name: counts.created for name, counts in done.counts.items()})
    timed("the same again", lambda: import_folder(files, None, now_utc()))


def _list(rows: int, files: Path) -> None:
    for path in files.glob("*.csv"):
        path.unlink()
    with (files / "items.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("code", "name", "supply"), *((f"X{n}", f"Part {n}", "buy") for n in range(rows))])
    timed(f"import {rows} items", lambda: import_folder(files, None, now_utc()))
    wishes = (("first page", Wish()), ("search", Wish("99")), ("filter and sort", Wish("", {"supply": "buy"}, "-name")))
    for what, one in wishes:
        timed(f"list: {what}", lambda one=one: sheets.page_of(db.session, 1, look("items"), one))


if __name__ == "__main__":
    main()
