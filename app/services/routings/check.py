"""Is a draft right? By the rules of the importer and of the room ``bom``, which are the ones release goes by."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Bom, BomLine, Item, Machine, Person, PersonSkill, Site, Skill, Station
from app.services.importing import known as known_rows
from app.services.importing import process, things
from app.services.importing.description import Table
from app.services.importing.known import Known
from app.services.importing.problems import Problem
from app.services.importing.process import Plant
from app.services.importing.revisions import Content, asked
from app.services.importing.rows import Reading, read_tables
from app.services.importing.sheets import ROUTING_SHEETS, SHEETS
from app.services.routings.rows import CHECKS, LINKS, OPERATIONS, STATIONS, Rows, columns_of, key_of
from bom.critical import CriticalPath, critical_path
from bom.errors import BomError
from bom.operation import Link, LinkKind, LinkType, Operation
from bom.process import graph


@dataclass(frozen=True)
class Found:
    """Something about a draft: what it is about, and the problem with its values; a ``hint`` does not forbid."""

    sheet: str
    key: tuple[str, ...]
    problem: Problem
    hint: bool = False

    @property
    def operation(self) -> str:
        """The operation it is about: for a link the one it comes from."""
        return self.key[0] if self.key else ""


@dataclass(frozen=True)
class Checked:
    """A draft as it was read: every finding, and the contents to be written when none of them forbids it."""

    found: tuple[Found, ...]
    content: Content
    known: Known
    names: dict[str, Any] = field(default_factory=dict)

    @property
    def refused(self) -> list[Found]:
        """What forbids to approve it."""
        return [one for one in self.found if not one.hint]


def check(session: Session, site: Site, item: Item, rows: Rows, now: datetime) -> Checked:
    """Read the rows as the importer would, and find everything that is wrong or worth a look."""
    pair = (site.code, item.code)
    reading = read_tables(_tables(rows, pair), now, {site.code: ZoneInfo(site.zone)})
    known = known_rows.load(session, reading, only_named=True)
    known_rows.check_references(session, reading, known)
    content = asked(reading, {}, ROUTING_SHEETS).get(pair, Content())
    if not rows.get(LINKS):
        content.parts[LINKS] = {}  # here nothing is linked that nobody has linked
    plant = Plant(reading, known, {}, {pair: content}, {}, {pair: content} if rows.get(OPERATIONS) else {},
                  frozenset(), frozenset())  # fmt: skip
    process.check(plant)
    reading.problems.extend(things.check(plant, []))
    found = [*_placed(reading, rows), *_of_bom(session, item, rows), *_hints(session, site, rows, content, now)]
    if not rows.get(OPERATIONS):
        found.append(Found(OPERATIONS, (), Problem("routings", None, None, "no_operations")))
    return Checked(tuple(found), content, known)


def _tables(rows: Rows, pair: tuple[str, str]) -> list[Table]:
    named = {"site": pair[0], "item": pair[1]}
    return [
        Table(SHEETS[sheet], sheet, ("site", "item", *columns_of(sheet)),
              [(number, named | row) for number, row in enumerate(rows.get(sheet, []))])
        for sheet in ROUTING_SHEETS
    ]  # fmt: skip


def _placed(reading: Reading, rows: Rows) -> Iterator[Found]:
    """The importer's problems, each at the row it is about."""
    for problem in reading.problems:
        at = problem.row if problem.row is not None else 0
        inside = rows.get(problem.file, [])
        key = key_of(problem.file, inside[at]) if at < len(inside) else ()
        if problem.code == "unreachable":
            key = (str(problem.values.get("operation", "")).split(", ", maxsplit=1)[0],)
        yield Found(problem.file, key, problem)


def _of_bom(session: Session, item: Item, rows: Rows) -> Iterator[Found]:
    """Lines of the approved bill of material that name an operation which is not here: release would refuse them."""
    mine = {row["operation"] for row in rows.get(OPERATIONS, [])}
    query = select(BomLine.operation, Item.code).join(Bom, Bom.id == BomLine.bom_id)
    query = query.join(Item, Item.id == BomLine.item_id).order_by(BomLine.position)
    for operation, component in session.execute(
        query.where(Bom.item_id == item.id, Bom.status == "approved", BomLine.operation.is_not(None))
    ):
        if operation not in mine:
            values = {"component": component, "value": operation}
            yield Found(OPERATIONS, (), Problem("bom", None, "operation", "line_without_operation", values))


def _hints(session: Session, site: Site, rows: Rows, content: Content, now: datetime) -> Iterator[Found]:
    """What is allowed and often forgotten: nobody has the skill, no skill at all, nothing there that measures."""
    operations = content.of(OPERATIONS)
    held = _held(session, site.id, {values["skill"] for values in operations.values()} - {None}, now)
    with_machine = _with_machine(session, site.id)
    for (key,), values in operations.items():
        if values["skill"] and values["skill"] not in held:
            yield _hint(OPERATIONS, (key,), "no_skilled", value=values["skill"], operation=key)
        places = {at[1] for at in content.of(STATIONS) if at[0] == key}
        machines = {row["machine"] for at, row in content.of(STATIONS).items() if at[0] == key} - {None}
        by_device = any(at[0] == key and row["source"] == "device" for at, row in content.of(CHECKS).items())
        if places and (by_device or values["parameters"]) and not machines and not places & with_machine:
            yield _hint(OPERATIONS, (key,), "no_machine", operation=key, stations=", ".join(sorted(places)))
    free = [key for (key,), values in operations.items() if not values["skill"] and not values["outside_min"]]
    if free:
        yield _hint(OPERATIONS, (), "no_skill", operations=", ".join(free))


def _hint(sheet: str, key: tuple[str, ...], code: str, **values: Any) -> Found:
    return Found(sheet, key, Problem(sheet, None, None, code, values), hint=True)


def _held(session: Session, site_id: int, codes: set[str], now: datetime) -> set[str]:
    """Of these skills those that somebody has today."""
    table, today = PersonSkill.__table__, now.date()
    query = (
        select(Skill.code).join(table, table.c.skill_id == Skill.id).join(Person, Person.id == table.c.person_id)
        .where(Skill.site_id == site_id, Skill.code.in_(codes), Person.retired.is_(False))
        .where(table.c.valid_until.is_(None) | (table.c.valid_until >= today))
    )  # fmt: skip
    return set(session.scalars(query.distinct())) if codes else set()


def _with_machine(session: Session, site_id: int) -> set[str]:
    query = select(Station.code).join(Machine, Machine.station_id == Station.id)
    return set(session.scalars(query.where(Station.site_id == site_id, Machine.retired.is_(False)).distinct()))


def lead_time(content: Content, quantity: int) -> CriticalPath | None:
    """How long so many pieces take at least, and the operations that set it; None while the graph does not hold.

    An operation takes the time of its preferred station; work done outside takes its days whatever the number.
    """
    factors: dict[str, Fraction] = {}
    places = sorted(content.of(STATIONS).items(), key=lambda row: row[1]["preference"] or 0, reverse=True)
    for (key, _station), values in places:
        factors[key] = Fraction(values["factor"] or 1)
    try:
        operations = [_operation(values, factors.get(key, Fraction(1)))
                      for (key,), values in content.of(OPERATIONS).items()]  # fmt: skip
        links = [_link(values) for values in content.of(LINKS).values()]
        return critical_path(graph(operations, links), quantity)
    except BomError:
        return None


def _operation(values: dict[str, Any], factor: Fraction) -> Operation:
    outside = values["outside_min"]
    return Operation(
        values["operation"], values["name"] or values["operation"],
        Fraction(0) if outside else Fraction(values["piece_min"] or 0) * factor,
        Fraction(outside) if outside else Fraction(values["fixed_min"] or 0) * factor,
        optional=values["optional"] or False, alternate_group=values["alternate_group"],
        batch_size=values["batch_size"], max_loops=values["max_loops"] or 1,
    )  # fmt: skip


def _link(values: dict[str, Any]) -> Link:
    batch = values["transfer_batch"]
    return Link(
        values["pred"], values["succ"], LinkType(values["type"] or "finish_start"), Fraction(values["lag_min"] or 0),
        None if batch is None else Fraction(batch), LinkKind(values["kind"] or "normal"), values["alternate_group"],
    )  # fmt: skip
