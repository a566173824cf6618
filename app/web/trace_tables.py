"""The tables of trace and quality pages: one form for the page, the CSV file and the PDF sheet."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from flask import Response, current_app, url_for

from app.formula import safe
from app.i18n import gettext as _
from app.i18n import named
from app.queries.trace import Node, Thing
from app.queries.trace_history import Count, History, Named, Run, Step, Stop, Used, Value
from app.web.shell import moment, quantity


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: text, and with it where it leads, a state shown as a pill, or that it is a number."""

    text: str
    url: str | None = None
    state: str | None = None
    numeric: bool = False


@dataclass(frozen=True)
class Line:
    """A row; tones crit and warn mark it, ``undone`` strikes it through."""

    cells: tuple[Cell, ...]
    tone: str = ""
    undone: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its name, its columns and what to say when it is empty."""

    key: str
    title: str
    columns: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    nothing: str = ""
    total: int | None = None

    @property
    def count(self) -> int:
        """How many rows there are, of which ``lines`` may hold one page."""
        return len(self.lines) if self.total is None else self.total


def address(node: Node, **more: Any) -> str:
    """The page of a thing."""
    return url_for("trace.search", kind=node.kind, id=node.id, **more)


def text(value: Any) -> Cell:
    """A plain cell."""
    return Cell("–" if value in (None, "") else str(value))


def number(value: Decimal | int | None) -> Cell:
    """A cell with a figure."""
    return Cell(quantity(value), numeric=True)


def linked(label: str | None, kind: str, id: int | None) -> Cell:
    """A cell that leads to the thing."""
    return text(label) if id is None or not label else Cell(label, address(Node(kind, id)))


def who(name: Named | None) -> str:
    """A person as id and name: the id is what events hold, the name is what people know."""
    return "–" if name is None else name.code if named(name) == name.code else f"{name.code} {named(name)}"


def steps(rows: Iterable[Step]) -> Table:
    """The history: every report."""
    columns = (_("Reported"), _("Operation"), _("Result"), _("Quantity"), _("Unit"), _("Station"), _("Machine"),
               _("Person"), _("Shift"), _("Started"), _("Since step before"), _("Standard"), _("Note"))  # fmt: skip
    return Table("history", _("History"), columns, [_step(row) for row in rows], _("Nothing was reported yet."))


def _step(row: Step) -> Line:
    loop = f" · {_('loop %(number)s', number=row.loop_no)}" if row.loop_no else ""
    tone = "" if row.undone else {"scrap": "crit", "rework": "warn"}.get(row.kind, "")
    dwell, standard = (
        "–" if span is None else _("%(count)s min", count=quantity(span)) for span in (row.dwell_min, row.standard_min)
    )
    return Line((
        Cell(moment(row.at)), linked(named(row.operation) + loop, "task", row.task_id), Cell("", state=row.kind),
        number(row.quantity), linked(row.serial, "unit", row.unit_id), text(named(row.station)),
        text(named(row.machine)), text(_person(row)), text(_shift(row)), text(moment(row.started_at)),
        Cell(dwell, numeric=True), Cell(standard, numeric=True), text(_note(row)),
    ), tone, row.undone)  # fmt: skip


def _person(row: Step) -> str:
    if row.on_behalf_of is None:
        return who(row.person)
    return _("%(person)s for %(other)s", person=who(row.person), other=who(row.on_behalf_of))


def _shift(row: Step) -> str:
    return f"{row.business_date.isoformat()} {named(row.shift)}".strip()


def _note(row: Step) -> str:
    parts = [named(row.reason)] if row.reason else []
    if row.reverses:
        parts.append(_("undoes a report"))
    elif row.undone:
        parts.append(_("undone"))
    if row.shared:
        parts.append(_("for the whole order"))
    return ", ".join(parts)


def values(rows: Iterable[Value]) -> Table:
    """Measured values with the limits of their time."""
    columns = (_("Measured"), _("Characteristic"), _("Value"), _("Lower limit"), _("Upper limit"), _("Verdict"),
               _("Operation"), _("Unit"), _("Machine"), _("Person"), _("Source"))  # fmt: skip
    return Table("values", _("Values"), columns, [_value(row) for row in rows], _("Nothing was measured."))


def _value(row: Value) -> Line:
    words = {"person": _("typed in"), "device": _("from the machine"), "inspection": _("inspection")}
    source = words.get(row.source, row.source)
    read = f"{quantity(row.value)} {row.unit or ''}".strip()
    return Line((
        Cell(moment(row.at)), text(row.code), Cell(read, numeric=True), number(row.lower), number(row.upper),
        verdict(row.verdict), text(named(row.operation)), linked(row.serial, "unit", row.unit_id),
        text(named(row.machine)), text(who(row.person)),
        text(f"{source}, {row.instrument}" if row.instrument else source),
    ), "crit" if row.verdict == "fail" and not row.undone else "", row.undone)  # fmt: skip


def verdict(word: str) -> Cell:
    """pass and fail as a pill, no limits in words."""
    return Cell("", state=word) if word in ("pass", "fail") else text(_("no limits"))


def used(rows: Iterable[Used]) -> Table:
    """Lots and serialised pieces that were used."""
    columns = (_("Used"), _("Item"), _("Quantity"), _("Lot"), _("Supplier's lot"), _("Part"), _("Used in"),
               _("Operation"))  # fmt: skip
    return Table("lots", _("Lots and parts"), columns, [_use(row) for row in rows], _("Nothing was used."))


def _use(row: Used) -> Line:
    where = (
        Cell(_("this order (%(order)s)", order=row.order)) if row.shared else linked(row.serial, "unit", row.unit_id)
    )
    item = row.item.code if named(row.item) == row.item.code else f"{row.item.code} {named(row.item)}"
    return Line((
        Cell(moment(row.at)), text(item), Cell(f"{quantity(row.quantity)} {row.measure}", numeric=True),
        linked(row.lot, "lot", row.lot_id), text(", ".join(filter(None, (row.supplier, row.supplier_lot)))),
        linked(row.component, "unit", row.component_id), where, text(named(row.operation)),
    ))  # fmt: skip


def counts(key: str, title: str, rows: Iterable[Count], runs: Iterable[Run] = ()) -> Table:
    """People or machines with the number of their reports; machines with their batch runs."""
    lines = [
        Line((text(who(row.who)), number(row.count), Cell(moment(row.first_at)), Cell(moment(row.last_at)), text("")))
        for row in rows
    ]
    lines += [
        Line((text(who(run.machine)), text(_("batch run %(number)s", number=run.id)), Cell(moment(run.started_at)),
              Cell(moment(run.ended_at)), text(", ".join(f"{name} {value}" for name, value in run.values.items()))))
        for run in runs
    ]  # fmt: skip
    columns = (title, _("Reports"), _("First"), _("Last"), _("Values"))
    return Table(key, title, columns, lines, _("Nobody and nothing is named in the reports."))


def things_table(key: str, title: str, rows: Iterable[Thing]) -> Table:
    """Units and what they are."""
    lines = [
        Line((linked(row.code, row.node.kind, int(row.node.id)), text(named(row)),
              Cell("", state="held" if row.held else row.status), text(row.note)), "warn" if row.held else "")
        for row in rows
    ]  # fmt: skip
    return Table(key, title, (_("Unit"), _("Item"), _("Status"), _("Item code")), lines, _("No units yet."))


def stops(rows: Iterable[Stop], labels: dict[Node, Thing]) -> Table:
    """Holds, open and released."""
    columns = (_("Held"), _("What"), _("Why"), _("By"), _("Released"), _("Released by"))
    lines = [
        Line((Cell(moment(row.opened_at)), _target(row, labels), text(why(row)), text(row.opened_by),
              text(moment(row.released_at)), text(row.released_by)), "" if row.released_at else "warn")
        for row in rows
    ]  # fmt: skip
    return Table("holds", _("Holds"), columns, lines, _("No holds."))


def why(row: Stop) -> str:
    """Reason and note of a hold."""
    return ", ".join(filter(None, (named(row.reason), row.note)))


def _target(row: Stop, labels: dict[Node, Thing]) -> Cell:
    thing = labels.get(row.target)
    return Cell(thing.code if thing else f"{row.target.kind} {row.target.id}", address(row.target))


def tables(root: Thing, seen: History, members: Iterable[Thing], total: int | None = None) -> dict[str, Table]:
    """All tables of a thing, by tab, out of what was read of its history; ``members`` may be one page of ``total``."""
    title = _("Units it went into") if root.node.kind in ("unit", "lot") else _("Its units")
    units = replace(things_table("units", title, members), total=total)
    made = (
        steps(seen.steps), values(seen.values), used(seen.used),
        counts("people", _("People"), seen.people), counts("machines", _("Machines"), seen.machines, seen.runs), units,
    )  # fmt: skip
    return {table.key: table for table in made}


def told(table: Table) -> Table:
    """The table without the columns that say nothing in any row (the CSV file keeps them)."""
    keep = [at for at in range(len(table.columns)) if not table.lines or any(_says(line, at) for line in table.lines)]
    lines = [replace(line, cells=tuple(line.cells[at] for at in keep)) for line in table.lines]
    return replace(table, columns=tuple(table.columns[at] for at in keep), lines=lines)


def _says(line: Line, at: int) -> bool:
    return line.cells[at].state is not None or line.cells[at].text not in ("", "–")


def state_word(state: str | None) -> str:
    """The word that the page's pill says."""
    words = current_app.jinja_env.get_template("_macros.html").module
    return str(words.state_word(state)).strip() if state else "–"  # type: ignore[attr-defined]


def on_paper(table: Table) -> list[tuple[str, ...]]:
    """The rows of a table as words for paper."""
    return [tuple(cell.text or state_word(cell.state) for cell in line.cells) for line in table.lines]


def as_csv(table: Table, name: str) -> Response:
    """A table as a file that Excel reads; states stand as their code."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.columns)
    for line in table.lines:
        writer.writerow([safe(cell.text or cell.state or "") for cell in line.cells])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}-{table.key}.csv")
    return answer


__all__ = ["Cell", "Line", "Table", "address", "as_csv", "linked", "number", "on_paper", "state_word", "steps", "stops",
           "tables", "text", "things_table", "told", "used", "values", "verdict", "who", "why"]  # fmt: skip
