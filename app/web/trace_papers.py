"""The table of decisions and papers of a thing: decided, inspected, held, printed, and by which documents made."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import LazyString

from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.queries.trace_papers import Paper
from app.web.inspections import KINDS as INSPECTED
from app.web.quality import DECISIONS
from app.web.shell import moment
from app.web.trace_tables import Cell, Line, Table, text

KINDS: dict[str, LazyString] = {
    "case": lazy_gettext("Nonconformance"), "inspection_open": lazy_gettext("Inspection due"),
    "inspection_pass": lazy_gettext("Inspection passed"), "inspection_fail": lazy_gettext("Inspection failed"),
    "label": lazy_gettext("Label printed"), "revision": lazy_gettext("Structure and process"),
    "hold": lazy_gettext("Put on hold"), "released": lazy_gettext("Hold released"),
}  # fmt: skip
_TONES = {"case": "warn", "hold": "warn", "inspection_fail": "crit", "scrap": "crit"}


def papers_table(rows: Iterable[Paper]) -> Table:
    """All of it as a table, in the order of time."""
    columns = (_("Time"), _("Kind"), _("What"), _("Note"), _("By"))
    lines = [
        Line((Cell(moment(row.at)), text(_kind(row)), Cell(_what(row), _url(row)), text(row.detail), text(row.who)),
             _TONES.get(row.kind, ""))
        for row in rows
    ]  # fmt: skip
    return Table("papers", _("Decisions and papers"), columns, lines, _("Nothing was decided, inspected or printed."))


def _kind(row: Paper) -> str:
    word = DECISIONS.get(row.kind)
    return _("Decided: %(decision)s", decision=str(word)) if word else str(KINDS[row.kind])


def _what(row: Paper) -> str:
    if row.inspection_id is not None:
        return str(INSPECTED[row.what])
    if row.kind == "revision":
        return _("Revision %(number)s of the order", number=row.what)
    return row.what or "–"


def _url(row: Paper) -> str | None:
    if row.inspection_id is not None:
        return url_for("inspections.show", inspection_id=row.inspection_id)
    return url_for("quality.case", row_id=row.case_id) if row.case_id is not None else None


__all__ = ["papers_table"]
