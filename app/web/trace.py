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
from app.queries.trace import PRINTED, Direction, Genealogy, Node, Thing, find, genealogy, thing
from app.queries.trace_history import History, history
from app.queries.trace_marks import marks
from app.queries.trace_near import Same, alike, neighbours, place
from app.queries.trace_papers import papers
from app.services import quality
from app.web.quality import signed_by_form
from app.web.shell import moment
from app.web.trace_paper import traveller_of
from app.web.trace_papers import papers_table
from app.web.trace_tables import Table, address, as_csv, on_paper, tables, things_table
from app.web.trace_tables import told as shown_as
from app.web.trace_view import CAP, KINDS, Grouping, branches, drawing, label
from app.words import sentence
from devices.codes import group, make

pages = Blueprint("trace", __name__)
ROWS = 200
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
    site_id = identity().site_id
    found = genealogy(db.session, site_id, root)
    told = history(db.session, site_id, root)
    units = found.units()
    many = max(len(found.backward.nodes), len(found.forward.nodes)) > CAP
    known = marks(db.session, [*found.backward.nodes, *found.forward.nodes]) if many else {}
    grouping = Grouping(found, known)
    members = _members(units, grouping)
    at = _at(len(members))
    shown = tables(told, found, members[(at - 1) * ROWS : at * ROWS], len(members)) | {"papers": _papers(root, told)}
    tab = request.args.get("tab", "history")
    table = shown_as(shown[tab if tab in shown else "history"])
    return render_template(
        "trace/thing.html", q=asked or label(root)[0], root=root, label=label(root), kind=KINDS[root.node.kind],
        printed_code=make(PRINTED[root.node.kind], int(root.node.id)) if root.node.kind in PRINTED else "",
        facts=_facts(root), drawing=drawing(found, grouping), inside=branches(found, Direction.BACKWARD, grouping),
        went=branches(found, Direction.FORWARD, grouping), tables=shown, table=table, told=told,
        near=neighbours(db.session, site_id, root, told), can_hold=root.node.kind in HELD, affected=units,
        reasons=looked.reasons(db.session, site_id, "hold"), address=address, at=at, pages=_pages(len(members)),
        group=request.args.get("group", ""),
    )  # fmt: skip


def _members(units: list[Thing], grouping: Grouping) -> list[Thing]:
    """The units of the group that the address asks for, else all."""
    asked = tuple(request.args.get("group", "").split("|"))
    if asked == ("",):
        return units
    return [unit for unit in units if grouping.key(unit.node, len(asked)) == asked]


def _pages(count: int) -> int:
    return max(1, -(-count // ROWS))


def _at(count: int) -> int:
    asked = request.args.get("page", "1")
    return min(int(asked), _pages(count)) if asked.isdecimal() and 0 < len(asked) < 7 and int(asked) else 1


def _tables(root: Thing, told: History, found: Genealogy) -> dict[str, Table]:
    return tables(told, found) | {"papers": _papers(root, told)}


def _papers(root: Thing, told: History) -> Table:
    return papers_table(papers(db.session, identity().site_id, root, told.holds))


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
    told = history(db.session, identity().site_id, root)
    shown = _tables(root, told, genealogy(db.session, identity().site_id, root))
    return as_csv(shown.get(request.args.get("tab", ""), shown["history"]), root.code.replace("/", "-"))


@pages.get("/trace/sheet.pdf")
@allow("trace.view")
def sheet() -> Response:
    """The trace sheet of a thing."""
    from app.reports.trace_sheet import Part, Sheet, pdf

    site_id = identity().site_id
    root = thing(db.session, site_id, _node())
    told = history(db.session, site_id, root)
    shown = _tables(root, told, genealogy(db.session, site_id, root))
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
