"""The factory's own files, as somebody who works there knows them: people, skills, badges, stations, processes."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

Row = dict[str, str]


def rows(folder: Path, name: str) -> list[Row]:
    """The rows of a file of the folder."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Worker:
    """Somebody who works here; ``skills`` are those that count today."""

    code: str
    badge: str
    line: str
    is_lead: bool
    skills: frozenset[str]


@dataclass(frozen=True)
class Place:
    """A station: where it is, how many work there, in which shifts, and its machine."""

    code: str
    line: str
    capacity: int
    shifts: tuple[str, ...]
    machine: str | None


@dataclass
class Factory:
    """What the files say, looked up the way people do."""

    workers: list[Worker]
    places: list[Place]
    reasons: dict[str, list[str]]
    lots: dict[str, list[str]]
    serialised: dict[str, str]
    follows: dict[tuple[str, str], str]
    scanned: dict[tuple[str, str], list[str]]
    minutes: dict[tuple[str, str], float]
    batches: dict[tuple[str, str], int]
    fixed: dict[tuple[str, str], float] = field(default_factory=dict)
    machines: dict[tuple[str, str, str], str] = field(default_factory=dict)
    roster: dict[str, list[str]] = field(default_factory=dict)
    zone: str = "UTC"
    shifts: list[tuple[str, str, str]] = field(default_factory=list)
    present: str = ""

    def shift(self, now: datetime) -> str:
        """The code of the shift at a moment."""
        local = now.astimezone(ZoneInfo(self.zone)).strftime("%H:%M")
        for code, start, end in self.shifts:
            if start <= local < end or (start > end and (local >= start or local < end)):
                return code
        return self.shifts[0][0]

    def crew(self, line: str, shift: str) -> list[Worker]:
        """Who may be asked at a line: its own people of the shift first, then its others, then everybody."""
        present = set(self.roster.get(shift, ()))
        return sorted(self.workers, key=lambda one: (one.line != line, one.code not in present, one.is_lead, one.code))


def load(folder: Path, now: datetime | None = None) -> Factory:
    """Read the folder; times of validity are judged at ``now``."""
    now = now or datetime.now(UTC)
    found = _read(folder, now)
    found.present = found.shift(now)
    return found


def _read(folder: Path, now: datetime) -> Factory:
    machines = {row["station"]: row["code"] for row in reversed(rows(folder, "machines"))}
    return Factory(
        workers=[_worker(row, now) for row in rows(folder, "people")],
        places=[
            Place(row["code"], row["line"], int(row["capacity"] or 1), tuple(row["shifts"].split(";")),
                  machines.get(row["code"]))
            for row in rows(folder, "stations")
        ],
        reasons=_grouped(rows(folder, "reasons"), "kind"),
        lots=_grouped([row for row in rows(folder, "lots") if row["status"] == "available"], "item"),
        serialised={row["code"]: row["supply"] for row in rows(folder, "items") if row["serialised"] == "yes"},
        follows={
            (row["item"], row["succ"]): row["pred"]
            for row in rows(folder, "operation_links") if row["type"] == "start_start"
        },
        scanned=_scanned(rows(folder, "bom")),
        minutes={(row["item"], row["operation"]): float(row["piece_min"]) for row in rows(folder, "routings")},
        fixed={(row["item"], row["operation"]): float(row["fixed_min"] or 0) for row in rows(folder, "routings")},
        machines={
            (row["item"], row["operation"], row["station"]): row["machine"]
            for row in rows(folder, "operation_stations")
        },
        batches={(row["item"], row["operation"]): int(row["batch_size"] or 1) for row in rows(folder, "routings")},
        roster=_roster(rows(folder, "roster")),
        zone=rows(folder, "sites")[0]["zone"],
        shifts=[(row["code"], row["start"], row["end"]) for row in rows(folder, "shifts")],
    )  # fmt: skip


def _worker(row: Row, now: datetime) -> Worker:
    named = (text.partition(":") for text in row["skills"].split(";") if text)
    valid = frozenset(skill for skill, _, until in named if _still(until, now))
    return Worker(row["code"], row["badge"], row["line"], row["lead"] == "yes", valid)


def _still(until: str, now: datetime) -> bool:
    """Whether a validity like +10d, a date, or nothing reaches today; a day's doubt counts as over."""
    if not until:
        return True
    if until.endswith("d") and until[0] in "+-":
        return int(until[:-1]) > 0
    return datetime.fromisoformat(until).replace(tzinfo=UTC) > now + timedelta(days=1)


def _grouped(found: list[Row], key: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for row in found:
        groups.setdefault(row[key], []).append(row["code"])
    return groups


def _scanned(found: list[Row]) -> dict[tuple[str, str], list[str]]:
    """What has to be scanned at an operation because it is not booked by itself."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for row in found:
        if row["backflush"] == "no":
            wanted.setdefault((row["item"], row["operation"]), []).append(row["component"])
    return wanted


def _roster(found: list[Row]) -> dict[str, list[str]]:
    shifts: dict[str, list[str]] = {}
    for row in found:
        if row["day"] == "+0d" and row["absent"] != "yes":
            shifts.setdefault(row["shift"], []).append(row["person"])
    return shifts
