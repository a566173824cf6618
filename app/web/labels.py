"""Labels and cards: what is printed, on which printer, why once more; the queue, and the printers themselves."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Forbidden, Invalid
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import labels as look
from app.queries.codes import resolve
from app.services import badges, printers, printing
from app.services.printing import Wanted
from app.web.label_facts import cards, facts

pages = Blueprint("labels", __name__)
KINDS: dict[str, LazyString] = {
    "unit": lazy_gettext("Unit labels"), "lot": lazy_gettext("Lot labels"),
    "station": lazy_gettext("Station cards"), "badge": lazy_gettext("Badges"),
    "commands": lazy_gettext("Command cards"),
}  # fmt: skip
STATES: dict[str, tuple[str, LazyString]] = {
    "queued": ("waiting", lazy_gettext("waits")), "sending": ("running", lazy_gettext("is sent")),
    "printed": ("done", lazy_gettext("printed")), "paper": ("done", lazy_gettext("as PDF")),
    "failed": ("refused", lazy_gettext("not printed")), "cancelled": ("closed", lazy_gettext("given up")),
}  # fmt: skip
_MEANS = {"unit": "unit", "lot": "lot", "station": "station", "badge": "person"}
_MOST = 500


@pages.get("/labels")
@allow("labels.print")
def overview() -> ResponseReturnValue:
    """The form, the queue and the printers."""
    kind = request.args.get("what", "unit")
    return _page(kind if kind in KINDS else "unit", request.args.get("codes", "")[:4000])


@pages.get("/labels/queue")
@allow("labels.print")
def queue() -> ResponseReturnValue:
    """The part of the page that changes by itself."""
    return render_template("labels/_queue.html", **_queue())


@pages.post("/labels")
@allow("labels.print")
def ask() -> ResponseReturnValue:
    """Print: into a printer's queue, or as a PDF that is sent at once."""
    kind, codes = request.form.get("what", ""), request.form.get("codes", "")
    if kind not in KINDS:
        raise Invalid("value.wrong", field="what", value=kind[:40])
    if kind == "badge" and not identity().may("labels.badges"):
        raise Forbidden("auth.not_allowed", permission="labels.badges")
    printer = _whole("printer") or None
    copies = _whole("copies") or 1
    wanted, drawn = _wanted(kind, codes, printer)
    printing.ask(
        identity().site_id, wanted, printer, copies, request.form.get("reason", ""), actor() or "", now_utc()
    )  # fmt: skip
    if printer is None:
        return _pdf(kind, drawn * (1 if kind == "commands" else copies))
    flash(_("%(count)s labels are on their way to the printer.", count=len(wanted) * copies), "done")
    return redirect(url_for("labels.overview", what=kind))


@pages.post("/labels/<int:job_id>/again")
@allow("labels.print")
def again(job_id: int) -> ResponseReturnValue:
    """Try a label once more."""
    printing.again(identity().site_id, job_id, actor() or "", now_utc())
    return redirect(url_for("labels.overview"))


@pages.post("/labels/<int:job_id>/cancel")
@allow("labels.print")
def cancel(job_id: int) -> ResponseReturnValue:
    """Give a label up."""
    printing.cancel(identity().site_id, job_id, actor() or "", now_utc())
    return redirect(url_for("labels.overview"))


@pages.post("/labels/badges/<int:person_id>")
@allow("labels.badges")
def new_badge(person_id: int) -> ResponseReturnValue:
    """Give a person a new badge; the old one opens nothing any more."""
    badges.issue(identity().site_id, person_id, actor(), now_utc())
    person = look.subjects(db.session, identity().site_id, "badge", [person_id])[0]
    flash(_("%(person)s has a new badge: print it now.", person=named(person)), "done")
    return redirect(url_for("labels.overview", what="badge", codes=person.code))


@pages.post("/labels/printers")
@allow("admin")
def save_printer() -> ResponseReturnValue:
    """Add a printer or change one."""
    form = request.form
    text = {name: form.get(name, "").strip()[:200] for name in ("code", "name", "host")}
    printers.save(identity().site_id, _whole("id"), text["code"][:64], text["name"], text["host"],
                  _whole("port") or 9100, _whole("dpi") or 203, actor(), now_utc())  # fmt: skip
    flash(_("The printer is saved."), "done")
    return redirect(url_for("labels.overview"))


@pages.post("/labels/printers/<int:printer_id>/retire")
@allow("admin")
def retire_printer(printer_id: int) -> ResponseReturnValue:
    """Take a printer out of use."""
    printers.retire(identity().site_id, printer_id, actor(), now_utc())
    flash(_("The printer is out of use."), "done")
    return redirect(url_for("labels.overview"))


@pages.post("/labels/stations/<int:station_id>")
@allow("admin")
def assign(station_id: int) -> ResponseReturnValue:
    """Say which printer a station's labels come from."""
    printers.assign(identity().site_id, station_id, _whole("printer"), actor(), now_utc())
    flash(_("The station's printer is saved."), "done")
    return redirect(url_for("labels.overview"))


def _page(kind: str, codes: str) -> str:
    site_id = identity().site_id
    known = look.printers(db.session, site_id)
    return render_template(
        "labels/overview.html", kinds=KINDS, kind=kind, codes=codes, printers=known,
        choices=[(0, _("As PDF")), *((row.id, f"{row.code} · {row.name}") for row in known)],
        stations=look.stations(db.session, site_id), dpis=printers.DPI,
        people=look.people(db.session, site_id) if identity().may("labels.badges") else [], **_queue(),
    )  # fmt: skip


def _queue() -> dict[str, Any]:
    return {"jobs": look.jobs(db.session, identity().site_id), "states": STATES, "job_kinds": KINDS}


def _wanted(kind: str, codes: str, printer_id: int | None) -> tuple[list[Wanted], list[Any]]:
    """The labels of a wish with what is sent to the printer, and as they are drawn."""
    from app.reports.templates import DRAWN

    if kind == "commands":
        told = [(0, one.title, one) for one in cards(identity().site_id)]
    else:
        rows = look.subjects(db.session, identity().site_id, kind, _ids(kind, codes.split("\n")))
        told = [(row.id, row.code, facts(kind, row, request.url_root.rstrip("/"))) for row in rows]
    if not told:
        raise Invalid("value.missing", field=_("What to print"))
    drawn = [DRAWN[kind](one) for _id, _title, one in told]
    dpi = next((row.dpi for row in look.printers(db.session, identity().site_id) if row.id == printer_id), 0)
    sent = [_zpl(label, dpi) if dpi else None for label in drawn]
    wanted = [Wanted(kind, row_id, title, data) for (row_id, title, _f), data in zip(told, sent, strict=True)]
    db.session.rollback()
    return (wanted if printer_id is not None or kind != "commands" else wanted[:1]), drawn


def _zpl(label: Any, dpi: int) -> bytes:
    from app.reports.label_dots import zpl

    return zpl(label, dpi, min(_whole("copies") or 1, printing.MOST_COPIES)).encode("ascii")


def _ids(kind: str, lines: Iterable[str]) -> list[int]:
    """What stands in the lines, by scan or by number; an order stands for all its units."""
    found: list[int] = []
    for text in filter(None, (line.strip() for line in lines)):
        thing = resolve(db.session, identity().site_id, text)
        if kind == "unit" and thing.kind == "order":
            found += look.units_of_order(db.session, identity().site_id, thing.id)
        elif thing.kind == _MEANS[kind]:
            found += (thing.id,)
        else:
            raise Invalid("label.other_kind", text=text[:80])
    return found[:_MOST]


def _pdf(kind: str, drawn: list[Any]) -> Response:
    from app.reports import label_pdf

    made = (label_pdf.sheets if kind == "commands" else label_pdf.pages)(drawn, str(KINDS[kind]))
    head = {"Content-Disposition": f'inline; filename="{kind}-labels.pdf"', "Cache-Control": "no-store"}
    return Response(made, content_type="application/pdf", headers=head)


def _whole(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("value.wrong", field=name, value=text[:40])
    return int(text)
