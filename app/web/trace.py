"""Trace: one box; a unit, lot, order or operation shows what is in it, where it went and what happened to it."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid, NotFound, Refused
from app.i18n import gettext as _
from app.i18n import named
from app.queries import quality as looked
from app.queries.trace import PRINTED, Node, Thing, find, thing
from app.queries.trace_near import Same, alike, place
from app.services import quality
from app.web.quality import signed_by_form
from app.web.shell import moment
from app.web.trace_paper import traveller_of
from app.web.trace_tables import address, as_csv, on_paper, things_table
from app.web.trace_tables import told as shown_as
from app.web.trace_tabs import opened, table_of, tables_of
from app.web.trace_view import KINDS, label
from app.words import sentence
from devices.codes import group, make

pages = Blueprint("trace", __name__)
HELD = ("unit", "lot", "task", "order")


@pages.get("/trace")
@allow("trace.view")
def search() -> ResponseReturnValue:
    """The box, and under it what was found: a thing, a choice, or why there is none."""
    asked = request.args.get("q", "")
    if request.args.get("kind"):
        return _page(thing(db.session, identity().site_id, _node()), asked)
    if not asked.strip():
        return render_template("trace/search.html", q="", refusal=None, hits=[])
    try:
        hits = find(db.session, identity().site_id, asked)
    except Refused as error:
        page = render_template("trace/search.html", q=asked[:200], refusal=sentence(error), hits=[])
        return page, error.status
    if len(hits) == 1:
        return _page(hits[0], asked)
    rows = [{"thing": hit, "kind": KINDS[hit.node.kind], "label": label(hit), "url": address(hit.node)} for hit in hits]
    return render_template("trace/search.html", q=asked, refusal=None, hits=rows)


def _node(source: Any = None) -> Node:
    """The thing an address or a form names."""
    source = request.args if source is None else source
    kind, key = source.get("kind", ""), source.get("id", "")
    if kind == "customer" and key:
        return Node(kind, key[:64])
    if kind not in KINDS or not key.isdecimal() or len(key) > 18:
        raise NotFound("code.unknown", text=f"{kind} {key}"[:80])
    return Node(kind, int(key))


def _page(root: Thing, asked: str) -> str:
    return render_template(
        "trace/thing.html", q=asked or label(root)[0], root=root, label=label(root), kind=KINDS[root.node.kind],
        printed_code=make(PRINTED[root.node.kind], int(root.node.id)) if root.node.kind in PRINTED else "",
        can_hold=root.node.kind in HELD, reasons=looked.reasons(db.session, identity().site_id, "hold"),
        address=address, **opened(root),
    )  # fmt: skip


def _facts(root: Thing) -> list[tuple[str, Any]]:
    kind = root.node.kind
    facts = [(_("What"), str(KINDS[kind])), (_("Name"), label(root)[1] or None)]
    if kind in PRINTED:
        facts.append((_("Printed code"), group(make(PRINTED[kind], int(root.node.id)))))
    if kind == "lot":
        facts.append((_("Supplier's lot"), root.note))
    if root.order_id and kind != "order":
        order = thing(db.session, identity().site_id, Node("order", root.order_id))
        facts.append((_("Order"), order.code))
    return facts


@pages.get("/trace/table.csv")
@allow("export")
def export() -> Response:
    """One table of a thing as CSV."""
    root = thing(db.session, identity().site_id, _node())
    return as_csv(table_of(root, request.args.get("tab", "")), root.code.replace("/", "-"))


@pages.get("/trace/sheet.pdf")
@allow("trace.view")
def sheet() -> Response:
    """The trace sheet of a thing."""
    from app.reports.trace_sheet import Part, Sheet, pdf

    site_id = identity().site_id
    root = thing(db.session, site_id, _node())
    shown = tables_of(root)
    facts = [(name, str(value)) for name, value in _facts(root) if value]
    seal = looked.last_seal(db.session, site_id)
    parts = [
        Part(table.title, table.columns, on_paper(table), table.nothing) for table in map(shown_as, shown.values())
    ]
    title = _("Trace sheet: %(code)s", code=label(root)[0])
    foot = _("Made %(time)s. Last sealed event: %(seal)s", time=moment(now_utc()), seal=seal or "–")
    return _pdf(pdf(Sheet(title, facts, parts, foot, _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"))),
                f"trace-{root.code.replace('/', '-')}.pdf")  # fmt: skip


def _pdf(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer


@pages.get("/trace/same")
@allow("trace.view")
def same() -> ResponseReturnValue:
    """Units that share a station and a day, and a shift or machine."""
    wish = _same()
    table = things_table("units", _("Units with the same cause"), alike(db.session, identity().site_id, wish))
    back = request.args.get("back", "")
    root = (
        thing(db.session, identity().site_id, Node("unit", int(back))) if back.isdecimal() and len(back) < 19 else None
    )
    where = f"{named(place(db.session, identity().site_id, wish))} · {wish.day.isoformat()}"
    return render_template("trace/same.html", table=table, root=root, where=where, address=address)


def _same() -> Same:
    numbers = {name: request.args.get(name, "") for name in ("station", "shift", "machine")}
    if any(value and not (value.isdecimal() and len(value) < 19) for value in numbers.values()):
        raise Invalid("value.wrong", field="station", value=str(numbers))
    try:
        day = date.fromisoformat(request.args.get("day", ""))
        station = int(numbers["station"])
    except ValueError:
        raise Invalid("value.wrong", field="day", value=request.args.get("day", "")[:40]) from None
    shift, machine = (int(numbers[name]) if numbers[name] else None for name in ("shift", "machine"))
    return Same(station, day, shift, machine)


@pages.post("/trace/hold")
@allow("quality.hold")
def hold() -> ResponseReturnValue:
    """Lay a hold over a thing, with a reason."""
    node = _node(request.form)
    reason = request.form.get("reason", "")
    quality.hold(identity().site_id, node.kind, int(node.id) if node.kind in HELD else 0,
                 int(reason) if reason.isdecimal() and len(reason) < 19 else None, request.form.get("note", ""),
                 identity().user_id, actor(), now_utc())  # fmt: skip
    flash(_("The hold lies over it now."), "done")
    return redirect(address(node))


@pages.post("/trace/release")
@allow("quality.hold", again=True)
def release() -> ResponseReturnValue:
    """Release a hold."""
    node, hold_id = _node(request.form), request.form.get("hold", "")
    quality.resume(identity().site_id, int(hold_id) if hold_id.isdecimal() and len(hold_id) < 19 else 0,
                   request.form.get("note", ""), identity().user_id, actor(), now_utc(),
                   signed_by_form())  # fmt: skip
    flash(_("The hold was released."), "done")
    return redirect(address(node))


@pages.get("/orders/<int:order_id>/traveller.pdf")
@allow("orders.view")
def traveller(order_id: int) -> Response:
    """The traveller (流转卡) of an order: a code for every operation."""
    order = thing(db.session, identity().site_id, Node("order", order_id))
    return _pdf(traveller_of(identity().site_id, order), f"traveller-{order.code}.pdf")
