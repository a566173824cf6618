"""The rows of a routing as texts of cells, and what a change makes of them. No database.

A routing is four sheets of the importer (operations, links, stations, characteristics); a row holds the texts of its
cells without the item. Half a row can be kept: what is wrong with it is told by the checks, not refused here.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from app.db import canonical
from app.errors import Conflict, Invalid
from app.services.importing.cells import row_texts
from app.services.importing.description import Sheet
from app.services.importing.rows import UTC_ZONE
from app.services.importing.sheets import ROUTING_SHEETS, SHEETS
from bom.order import loop_in, topological

Row = dict[str, str]
Rows = dict[str, list[Row]]
OPERATIONS, LINKS, STATIONS, CHECKS = ROUTING_SHEETS
MOST_ROWS = 500
LONGEST = 2000
_STEP = 10
# Which columns of the other sheets name an operation.
_NAMING = {LINKS: ("pred", "succ"), STATIONS: ("operation",), CHECKS: ("operation",)}


def columns_of(sheet: str) -> list[str]:
    """The columns of a row: all of the file but the item, and but those that another sheet keeps."""
    return [column.name for column in SHEETS[sheet].columns if column.attribute is not None]


def key_columns(sheet: str) -> tuple[str, ...]:
    """What identifies a row within its routing."""
    return tuple(name for name in SHEETS[sheet].key if name != "item")


def key_of(sheet: str, row: Row) -> tuple[str, ...]:
    """The key of a row."""
    return tuple(row.get(name, "") for name in key_columns(sheet))


def empty() -> Rows:
    """A routing without a row."""
    return {sheet: [] for sheet in ROUTING_SHEETS}


def digest(rows: Rows) -> str:
    """Tells two contents apart, whatever the order of their rows."""
    sorted_rows = {sheet: sorted(map(canonical, rows.get(sheet, []))) for sheet in ROUTING_SHEETS}
    return hashlib.sha256(canonical(sorted_rows).encode()).hexdigest()[:32]


def applied(rows: Rows, changes: Iterable[Any]) -> Rows:
    """The rows after all changes, each ``{"sheet", "key", "row"}``; ``row`` None takes the row out.

    A new key makes a row, cells that are not named stay as they are. An operation that gets another key takes what
    belongs to it along, and what belongs to one that is taken out goes with it. Raises Invalid for what cannot be
    read, Conflict when two rows would have one key or a link would close a circle.
    """
    made = {sheet: [dict(row) for row in rows.get(sheet, [])] for sheet in ROUTING_SHEETS}
    for change in changes:
        _apply(made, *_read(change))
    if sum(map(len, made.values())) > MOST_ROWS:
        raise Invalid("routing.too_large", most=MOST_ROWS)
    _refuse_circle(rows, made)
    return made


def _read(change: Any) -> tuple[str, tuple[str, ...], Row | None]:
    wrong = Invalid("routing.unreadable")
    if not isinstance(change, dict) or change.get("sheet") not in ROUTING_SHEETS:
        raise wrong
    sheet, key, row = change["sheet"], change.get("key"), change.get("row")
    if not isinstance(key, list) or len(key) != len(key_columns(sheet)) or not all(map(_fits, key)):
        raise wrong
    if row is None:
        return sheet, tuple(key), None
    if not isinstance(row, dict) or not row.keys() <= set(columns_of(sheet)) or not all(map(_fits, row.values())):
        raise wrong
    return sheet, tuple(key), {name: text.strip() for name, text in row.items()}


def _fits(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST


def _apply(made: Rows, sheet: str, key: tuple[str, ...], row: Row | None) -> None:
    at = next((n for n, old in enumerate(made[sheet]) if key_of(sheet, old) == key), None)
    if row is None:
        if at is not None:
            del made[sheet][at]
            _forget(made, sheet, key[0])
        return
    old = made[sheet][at] if at is not None else _new(made, sheet, key)
    new = old | row
    moved = key_of(sheet, new)
    if any(not part for part in moved):
        raise Invalid("routing.key_empty")
    if (at is None or moved != key) and any(key_of(sheet, other) == moved for other in made[sheet]):
        raise Conflict("routing.twice", key=" → ".join(moved[:2]))
    if at is None:
        made[sheet].append(new)
    else:
        made[sheet][at] = new
        _rename(made, sheet, key[0], moved[0])


def _new(made: Rows, sheet: str, key: tuple[str, ...]) -> Row:
    """A row as the importer would fill it, at the end."""
    described: Sheet = SHEETS[sheet]
    defaults = {column.name: column.default for column in described.columns}
    texts = row_texts(described, defaults, UTC_ZONE)
    row = {name: texts[name] for name in columns_of(sheet)} | dict(zip(key_columns(sheet), key, strict=True))
    if sheet == OPERATIONS:
        places = [int(other["position"]) for other in made[sheet] if other.get("position", "").isdecimal()]
        row["position"] = str(max(places, default=0) + _STEP)
    return row


def _forget(made: Rows, sheet: str, operation: str) -> None:
    if sheet == OPERATIONS:
        for other, names in _NAMING.items():
            made[other] = [row for row in made[other] if all(row[name] != operation for name in names)]


def _rename(made: Rows, sheet: str, old: str, new: str) -> None:
    if sheet == OPERATIONS and old != new:
        for other, names in _NAMING.items():
            for row in made[other]:
                row.update({name: new for name in names if row[name] == old})


def circle(rows: Rows) -> tuple[str, ...]:
    """A circle that pieces could never leave, first operation = last; () when there is none."""
    below: dict[str, list[str]] = {row["operation"]: [] for row in rows[OPERATIONS]}
    for row in rows[LINKS]:
        if row["kind"] != "rework" and row["pred"] in below and row["succ"] in below:
            if row["pred"] == row["succ"]:
                return row["pred"], row["succ"]
            below[row["pred"]].append(row["succ"])
    rest = topological(below, below)[1]
    return loop_in(rest, below) if rest else ()


def _refuse_circle(before: Rows, after: Rows) -> None:
    found = circle(after)
    if found and not circle({**empty(), **before}):
        raise Conflict("routing.circle", path=" → ".join(found))


def differences(before: Rows, after: Rows) -> Iterator[tuple[str, tuple[str, ...], dict[str, tuple[str, str]] | None]]:
    """What differs: sheet, key, and the cells before and after; None: the row is there only before."""
    for sheet in ROUTING_SHEETS:
        old = {key_of(sheet, row): row for row in before.get(sheet, [])}
        new = {key_of(sheet, row): row for row in after.get(sheet, [])}
        for key in dict.fromkeys([*old, *new]):
            if key not in new:
                yield sheet, key, None
            elif old.get(key) != new[key]:
                was = old.get(key, {})
                cells = {name: (was.get(name, ""), text) for name, text in new[key].items()
                         if was.get(name, "") != text and name not in key_columns(sheet)}  # fmt: skip
                yield sheet, key, cells
