"""What stands on a label, in the words of the request's language."""

from typing import Any

from flask_babel import LazyString, format_date

from app.db import db
from app.errors import Conflict
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import labels as look
from app.reports.templates import Facts
from app.services.station_scans import COMMANDS
from app.web.shell import moment
from devices.codes import Kind, make

NUMBERS = (1, 2, 5, 10, 20, 50)
COMMAND_WORDS: dict[str, LazyString] = {
    "start": lazy_gettext("Start"), "finish": lazy_gettext("Finish"), "good": lazy_gettext("Good piece"),
    "scrap": lazy_gettext("Scrap"), "rework": lazy_gettext("Rework"), "undo": lazy_gettext("Undo"),
    "pause": lazy_gettext("Pause"), "help": lazy_gettext("Call help"), "sign_out": lazy_gettext("Sign out"),
    "confirm": lazy_gettext("Confirm"), "cancel": lazy_gettext("Cancel"),
    "load": lazy_gettext("Load the jig"), "batch_start": lazy_gettext("Start the batch"),
    "batch_end": lazy_gettext("End the batch"), "unload": lazy_gettext("Unload the jig"),
    "setup": lazy_gettext("Set up"), "material": lazy_gettext("Call material"),
    "concession": lazy_gettext("Concession"), "override": lazy_gettext("Override the limit"),
}  # fmt: skip
_REASONS: dict[str, LazyString] = {
    "scrap": lazy_gettext("Reason: scrap"), "rework": lazy_gettext("Reason: rework"),
    "stop": lazy_gettext("Reason: stop"), "help": lazy_gettext("Who should come?"),
}  # fmt: skip


def facts(kind: str, row: Any, root: str) -> Facts:
    """The facts of a thing; ``root`` is the address under which phones find this plant."""
    return _FACTS[kind](row, root)


def _unit(row: Any, root: str) -> Facts:
    code = make(Kind.UNIT, row.id)
    return Facts(
        code, row.code, f"{row.item} {named(row)}", (row.order or "", moment(row.created_at)), _link(root, code)
    )


def _lot(row: Any, root: str) -> Facts:
    code = make(Kind.LOT, row.id)
    lines = (
        _("Received %(day)s", day=format_date(row.received_at)) if row.received_at else "",
        _("Use until %(day)s", day=format_date(row.expires_on)) if row.expires_on else "",
        " ".join(filter(None, (row.supplier, row.supplier_lot))),
    )
    return Facts(code, row.code, f"{row.item} {named(row)}", tuple(filter(None, lines)), _link(root, code))


def _station(row: Any, root: str) -> Facts:
    code = make(Kind.STATION, row.id)
    line = row.line_zh if named(row) == row.name_zh and row.line_zh else row.line
    lines = (line, _("Scan to open this station."))
    return Facts(code, row.code, named(row), lines, _link(root, code))


def _badge(row: Any, _root: str) -> Facts:
    if not row.badge or not row.badge.isascii() or len(row.badge) > 16:
        raise Conflict("badge.none", person=named(row))
    return Facts(row.badge, named(row), row.code, (_("Scan to sign in and out."),))


_FACTS = {"unit": _unit, "lot": _lot, "station": _station, "badge": _badge}


def cards(site_id: int) -> list[Facts]:
    """The command cards: what to do, how many, and why; with them gloves never need the screen."""
    doing = [Facts(make(Kind.COMMAND, number), str(COMMAND_WORDS.get(name, name))) for number, name in COMMANDS.items()]
    counting = [Facts(make(Kind.NUMBER, number), str(number), _("Quantity")) for number in NUMBERS]
    why = [Facts(make(Kind.REASON, row.id), named(row), str(_REASONS[row.kind])) for row in
           look.reasons(db.session, site_id)]  # fmt: skip
    return doing + counting + why


def _link(root: str, code: str) -> str:
    return f"{root}/c/{code}"
