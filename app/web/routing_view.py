"""One routing as the page shows it: the rows, what is wrong with them, the drawing, and the operation that is open."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from app.auth import identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import locale
from app.models import Item, Machine, Site, Skill, Station
from app.queries import routings as look
from app.queries.instructions import file_of, place_of
from app.queries.sheets import codes_of
from app.services.routings.approving import mark
from app.services.routings.check import Checked, check, lead_time
from app.services.routings.drafts import approved
from app.services.routings.reading import rows_of
from app.services.routings.rows import CHECKS, LINKS, OPERATIONS, STATIONS, Rows
from app.web.routing_words import CHOICES, COLUMNS, minutes, words_of
from bom.critical import CriticalPath

MOST_PIECES = 100_000
_MOST_CODES = 2000


@dataclass(frozen=True)
class View:
    """What is looked at: the item, its revisions, one of them with its rows, and how long it takes."""

    item: Item
    revisions: list[Any]
    current: Any
    draft: Any
    rows: Rows
    checked: Checked | None
    quantity: int
    way: CriticalPath | None
    chosen: str

    @property
    def is_draft(self) -> bool:
        """Whether the draft is looked at, and the user may change it."""
        return self.current is not None and self.current.status == "draft"

    @property
    def can_edit(self) -> bool:
        """Whether rows may be changed here."""
        return self.is_draft and identity().may("engineering.edit")


def item_of(item_id: int) -> Item:
    """An item of this site. Raises NotFound."""
    item = db.session.get(Item, item_id)
    if item is None or item.site_id != identity().site_id:
        raise NotFound("item.unknown", item=item_id)
    return item


def view_of(item_id: int) -> View:
    """The revision of the address, else the draft, else the approved one."""
    item = item_of(item_id)
    found = look.revisions(db.session, item_id)
    draft = look.draft_of(db.session, item_id)
    current = revision_of(found, request.args.get("revision", ""))
    rows = draft.content if current is not None and current.status == "draft" else rows_of(
        db.session, current.id if current else None)  # fmt: skip
    checked = None
    if current is not None:
        checked = check(db.session, db.session.get_one(Site, item.site_id), item, rows, now_utc())
    pieces = request.args.get("quantity", "")
    quantity = int(pieces) if pieces.isdecimal() and 0 < len(pieces) < 7 and int(pieces) <= MOST_PIECES else 1
    quantity = max(1, quantity)
    chosen = request.args.get("op", "")
    keys = {row["operation"] for row in rows[OPERATIONS]}
    way = lead_time(checked.content, quantity) if checked and not checked.refused else None
    return View(item, found, current, draft, rows, checked, quantity, way, chosen if chosen in keys else "")


def revision_of(found: list[Any], name: str) -> Any:
    """The revision of that name, else the newest draft or approved one; None without any."""
    named = next((row for row in found if row.revision == name), None)
    if name and named is None:
        raise NotFound("routing.unknown", routing=name[:40])
    usual = sorted(found, key=lambda row: ("draft", "approved", "retired").index(row.status))
    return named or next(iter(usual), None)


def shown(view: View) -> dict[str, Any]:
    """What the template of the work needs."""
    found = view.checked.found if view.checked else ()
    wrong = {one.operation for one in found if not one.hint and one.operation}
    rows = view.rows
    operation = next((row for row in rows[OPERATIONS] if row["operation"] == view.chosen), None)
    return {
        "view": view, "item": view.item, "operations": rows[OPERATIONS], "links": rows[LINKS], "operation": operation,
        "stations": [row for row in rows[STATIONS] if row["operation"] == view.chosen],
        "checks": [row for row in rows[CHECKS] if row["operation"] == view.chosen],
        "at": _grouped(rows[STATIONS], "operation", "station"), "after": _grouped(rows[LINKS], "succ", "pred"),
        "refused": [(one, words_of(one)) for one in found if not one.hint],
        "hints": [(one, words_of(one)) for one in found if one.hint],
        "wrong": wrong, "drawing": drawing(view, wrong), "time": minutes(view.way.minutes) if view.way else "",
        "way": view.way.operations if view.way else (), "choices": CHOICES, "columns": COLUMNS, "title": title,
        "steps": look.steps(db.session, view.current.id) if view.is_draft else (0, 0),
        "picture": _picture(view), "args": args_of(view),
    }  # fmt: skip


def lists() -> dict[str, list[Any]]:
    """The codes a cell may name, for the fields to propose."""
    site_id = identity().site_id
    models = {"stations": Station, "machines": Machine, "skills": Skill}
    return {name: codes_of(db.session, site_id, model, _MOST_CODES) for name, model in models.items()}


def args_of(view: View) -> dict[str, Any]:
    """The query of the address, so that every part stays with what is looked at."""
    args: dict[str, Any] = {"item_id": view.item.id}
    if view.current is not None and request.args.get("revision"):
        args["revision"] = view.current.revision
    if view.quantity != 1:
        args["quantity"] = view.quantity
    return args


def _grouped(rows: list[dict[str, str]], by: str, name: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row[by], []).append(row | {"shown": row[name]})
    return found


def title(row: dict[str, str]) -> str:
    """The name of an operation in the language of the page."""
    return (row["name_zh"] if locale().startswith("zh") else "") or row["name"] or row["operation"]


def drawing(view: View, wrong: set[str]) -> dict[str, Any]:
    """Nodes and arrows for the picture."""
    at = _grouped(view.rows[STATIONS], "operation", "station")
    way = view.way.operations if view.way else ()
    nodes = [
        {"key": row["operation"], "name": title(row), "note": _note(row, at.get(row["operation"], [])),
         "critical": row["operation"] in way, "wrong": row["operation"] in wrong, "optional": row["optional"] == "yes",
         "url": url_for("routings.show", **args_of(view), op=row["operation"])}
        for row in view.rows[OPERATIONS]
    ]  # fmt: skip
    keys = {node["key"] for node in nodes}
    arrows = [
        {"key": [row["pred"], row["succ"], row["kind"]], "kind": row["kind"], "label": label(row)}
        for row in view.rows[LINKS] if {row["pred"], row["succ"]} <= keys
    ]  # fmt: skip
    return {"nodes": nodes, "arrows": arrows, "chosen": view.chosen, "edit": view.can_edit,
            "version": view.draft.version if view.is_draft else 0}  # fmt: skip


def _note(row: dict[str, str], stations: list[dict[str, str]]) -> str:
    time = _("%(count)s min", count=row["outside_min"] or row["piece_min"] or "?")
    places = ", ".join(station["station"] for station in stations[:2]) + (" …" if len(stations) > 2 else "")
    return f"{time} · {places or '–'}"


def label(row: dict[str, str]) -> str:
    """What is special about a link, in short."""
    said = []
    if row["kind"] != "normal":
        said.append(str(CHOICES.get(row["kind"], row["kind"])))
    if row["alternate_group"]:
        said.append(row["alternate_group"])
    if row["type"] == "start_start":
        said.append(str(CHOICES["start_start"]))
    if row["lag_min"] not in ("", "0"):
        said.append(_("+%(minutes)s min", minutes=row["lag_min"]))
    if row["transfer_batch"]:
        said.append(_("by %(count)s", count=row["transfer_batch"]))
    return " · ".join(said)


def _picture(view: View) -> dict[str, Any] | None:
    """The instruction file of the open operation."""
    site = db.session.get_one(Site, view.item.site_id)
    stem = place_of(current_app.config["HOME"], site.code, view.item.code, view.chosen) if view.chosen else None
    file = file_of(stem) if stem else None
    if file is None:
        return None
    stamp = int(file.stat().st_mtime)
    url = url_for("routings.instruction", item_id=view.item.id, op=view.chosen, at=stamp)
    return {"url": url, "is_pdf": file.suffix == ".pdf"}


def base_mark(item_id: int) -> str:
    """The mark of the approved revision as it is shown now."""
    return mark(db.session(), approved(db.session(), item_id))
