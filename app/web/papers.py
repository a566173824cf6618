"""Papers of quality: the birth record of a unit, the certificate of its measured values, the 8D report.

Each says whether anything was changed since it was entered and carries the hash of the last sealed event about it:
``gongxu verify`` shows later whether the store still says the same.
"""

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import LazyString

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import improvement, proof
from app.queries import quality as looked
from app.queries.containment import recalls
from app.queries.proof import Proof
from app.queries.trace import Node, Thing, thing
from app.queries.trace_history import history
from app.queries.trace_papers import papers
from app.web.actions import EFFECTS, KINDS, MEANINGS, STEPS
from app.web.containment import RECALLS
from app.web.shell import moment
from app.web.trace_papers import papers_table
from app.web.trace_tables import Table, on_paper, stops, tables, told
from devices.codes import Kind, group, make

pages = Blueprint("papers", __name__)
STATES: dict[str, LazyString] = {
    "open": lazy_gettext("Open"), "contained": lazy_gettext("Contained"),
    "dispositioned": lazy_gettext("Decided"), "closed": lazy_gettext("Closed"),
}  # fmt: skip


def _unit() -> Thing:
    key = request.args.get("id", "")
    if not key.isdecimal() or len(key) > 18:
        raise NotFound("unit.unknown", unit=key[:40] or "–")
    return thing(db.session, identity().site_id, Node("unit", int(key)))


@pages.get("/trace/birth.pdf")
@allow("trace.view")
def birth() -> Response:
    """The birth record of a unit: everything that happened to it."""
    site_id, root = identity().site_id, _unit()
    seen = history(db.session, site_id, root)
    shown = tables(root, seen, ())
    wanted = [shown[key] for key in ("history", "values", "lots", "people", "machines")]
    decided = papers_table(papers(db.session, site_id, root, seen.holds))
    parts = [_part(table) for table in (*wanted, decided, stops(seen.holds, {root.node: root}))]
    return _paper(_("Birth record: %(code)s", code=root.code), _facts(root), parts,
                  proof.of_unit(db.session, site_id, int(root.node.id)), f"birth-{root.code}")  # fmt: skip


@pages.get("/trace/certificate.pdf")
@allow("trace.view")
def certificate() -> Response:
    """The certificate of a unit: what was measured, within which limits, with which verdict."""
    site_id, root = identity().site_id, _unit()
    seen = history(db.session, site_id, root, {"values"})
    values = tables(root, seen, ())["values"]
    good = [value for value in seen.values if not value.undone]
    failed = sum(value.verdict == "fail" for value in good)
    verdict = (
        _("nothing was measured") if not good
        else _("all %(count)s values lie within their limits", count=len(good)) if not failed
        else _("%(failed)s of %(count)s values lie outside their limits", failed=failed, count=len(good))
    )  # fmt: skip
    facts = [*_facts(root), (_("Verdict"), verdict)]
    return _paper(_("Certificate: %(code)s", code=root.code), facts, [_part(values)],
                  proof.of_unit(db.session, site_id, int(root.node.id)), f"certificate-{root.code}")  # fmt: skip


@pages.get("/quality/nonconformances/<int:row_id>/8d.pdf")
@allow("quality.view")
def eight_d(row_id: int) -> Response:
    """The 8D report of a nonconformance, with its pieces, recall, actions and signatures."""
    site_id = identity().site_id
    case = looked.case(db.session, site_id, row_id)
    steps = improvement.eight_d(db.session, site_id, row_id)
    actions = improvement.actions(db.session, site_id, row_id)
    pieces = looked.pieces(db.session, site_id, row_id)
    signed = improvement.signatures(db.session, site_id, "corrective_action", [row.id for row in actions])
    signed += improvement.signatures(db.session, site_id, "disposition", [piece.id for piece in pieces])
    parts = [
        _rows(str(word), (_("Text"),), [(steps[number],)] if steps.get(number) else [], _("Nothing is written."))
        for number, word in STEPS.items()
    ]
    parts.append(_rows(_("Pieces"), (_("Number"), _("Name"), _("Decision"), _("By")), [
        (piece.thing.code, named(piece.thing), _decision(piece.decision), piece.decided_by or "–") for piece in pieces
    ], _("No pieces.")))  # fmt: skip
    parts.append(_rows(_("Recall list"), (_("Unit"), _("Customer"), _("Recall")), [
        (row.serial, row.customer_ref or "–", str(RECALLS[row.status]))
        for row in recalls(db.session, site_id, row_id)
    ], _("Nothing was with customers.")))  # fmt: skip
    parts.append(_rows(_("Corrective actions"), (_("Kind"), _("What is done"), _("Who"), _("Due"), _("Effect")), [
        (str(KINDS[row.kind]), row.what, row.owner or "–", row.due_on.isoformat(), str(EFFECTS[row.effect]))
        for row in actions
    ], _("No actions are planned.")))  # fmt: skip
    parts.append(_rows(_("Signatures"), (_("Name"), _("Meaning"), _("Time"), _("Hash of what was signed")), [
        (row.name, str(MEANINGS[row.meaning]), moment(row.at), row.hash) for row in signed
    ], _("No signatures.")))  # fmt: skip
    facts = [(_("What is wrong?"), case.title), (_("Status"), str(STATES[case.status])),
             (_("Opened"), moment(case.opened_at))]  # fmt: skip
    return _paper(_("8D report: %(code)s", code=case.code), facts, parts, proof.of_case(db.session, site_id, row_id),
                  f"8d-{case.code}")  # fmt: skip


def _decision(decision: str | None) -> str:
    from app.web.quality import DECISIONS

    return str(DECISIONS[decision]) if decision else _("undecided")


def _facts(root: Thing) -> list[tuple[str, str]]:
    return [(_("Unit"), root.code), (_("Item"), f"{root.note or ''} {named(root)}".strip()),
            (_("Printed code"), group(make(Kind.UNIT, int(root.node.id))))]  # fmt: skip


def _part(table: Table) -> Any:
    kept = told(table)
    return _rows(kept.title, kept.columns, on_paper(kept), kept.nothing)


def _rows(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]], nothing: str) -> Any:
    from app.reports.trace_sheet import Part

    return Part(title, columns, rows, nothing)


def _paper(title: str, facts: list[tuple[str, str]], parts: list[Any], shown: Proof, name: str) -> Response:
    from app.reports.trace_sheet import Sheet, pdf

    said = (
        _("Unchanged since entry.") if shown.is_unchanged
        else _("Changed since entry: %(count)s entries were corrected.", count=shown.corrected)
    )  # fmt: skip
    seal = f"{shown.position} {shown.hash}" if shown.hash else _("not sealed yet")
    facts = [*facts, (_("Data"), said), (_("Last event and its hash"), seal)]
    foot = _("Made %(time)s. %(changed)s Event: %(seal)s", time=moment(now_utc()), changed=said, seal=seal[:40])
    pages_of = _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}")
    answer = Response(pdf(Sheet(title, facts, parts, foot, pages_of)), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=f"{name.replace('/', '-')}.pdf")
    return answer


__all__ = ["pages"]
