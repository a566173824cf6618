"""Register maps: every YAML or CSV file of the folder ``devices``, checked by the devices room, as rows of devices."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import canonical
from app.models import Device
from app.services.importing.known import Known
from app.services.importing.problems import Problem
from app.services.importing.result import Counts
from devices import tagmap
from devices.tags import DeviceMap

MAPS = (".yaml", ".yml", ".csv")


@dataclass(frozen=True)
class MapEntry:
    """A device of a file: its checked map, and the mapping as written, which is what is stored."""

    file: str
    place: str
    map: DeviceMap
    raw: dict[str, Any]


def read_maps(folder: Path) -> tuple[list[MapEntry], list[str], list[Problem]]:
    """The devices of all map files, the names of these files, and what is wrong with them."""
    entries: list[MapEntry] = []
    files: list[str] = []
    problems: list[Problem] = []
    for path in sorted(one for one in (folder / "devices").glob("*") if one.suffix.lower() in MAPS):
        name = f"devices/{path.name}"
        files.append(name)
        try:
            text = tagmap.text_of(path)
        except UnicodeDecodeError:
            problems.append(Problem(name, None, None, "not_text"))
            continue
        found = tagmap.lint(text)
        problems.extend(
            Problem(name, None, p.where, "map_problem", {"problem": p.code, "value": p.value}) for p in found
        )
        if not found:
            entries.extend(_entries(name, text))
    problems.extend(_twice(entries))
    return entries, files, problems


def _entries(name: str, text: str) -> list[MapEntry]:
    raws = yaml.safe_load(text)["devices"]
    pairs = zip(tagmap.parse(text), raws, strict=True)
    return [MapEntry(name, f"devices[{at}]", parsed, raw) for at, (parsed, raw) in enumerate(pairs)]


def _twice(entries: list[MapEntry]) -> list[Problem]:
    """A device, and an address, stands in one file only; within a file the devices room looks itself."""
    names = Counter(entry.map.device for entry in entries)
    links = Counter(_link(entry) for entry in entries if _link(entry))
    found = []
    for entry in entries:
        for value, times in ((entry.map.device, names[entry.map.device]), (_link(entry), links[_link(entry)])):
            if times > 1:
                found.append(Problem(entry.file, None, entry.place, "map_twice", {"value": value}))
    return found


def _link(entry: MapEntry) -> str:
    return entry.map.link.address


def check_maps(entries: list[MapEntry], site: str, known: Known) -> list[Problem]:
    """Every device belongs to a machine of the site."""
    said = {"file": "machines", "close": ""}
    return [
        Problem(entry.file, None, entry.place, "unknown_reference", said | {"value": entry.map.machine})
        for entry in entries
        if not known.has("machines", site, entry.map.machine)
    ]  # fmt: skip


def write_maps(session: Session, entries: list[MapEntry], site: str, known: Known, counts: Counts) -> None:
    """Create or change the devices; a map whose content is the same has the same hash."""
    site_id = known.site_ids()[site]
    stored = {row.code: row for row in session.scalars(select(Device).where(Device.site_id == site_id))}
    for entry in entries:
        fields = _fields(entry, known.stored["machines"][site, entry.map.machine])
        row = stored.get(entry.map.device)
        if row is None:
            session.add(Device(site_id=site_id, code=entry.map.device, **fields))
            counts.created += 1
        elif any(getattr(row, name) != value for name, value in fields.items()):
            for name, value in fields.items():
                setattr(row, name, value)
            counts.updated += 1
        else:
            counts.unchanged += 1
    session.flush()


def _fields(entry: MapEntry, machine_id: int) -> dict[str, Any]:
    content = hashlib.sha256(canonical(entry.raw).encode()).hexdigest()
    return {"machine_id": machine_id, "map": entry.raw, "map_hash": content, "may_write": entry.map.writes}
