"""What stands on the traveller of an order, in the words of the request's language."""

from sqlalchemy import select

from app.db import db, now_utc
from app.i18n import gettext as _
from app.i18n import named
from app.models import Item, Station, Task, TaskStation, WorkOrder
from app.queries.trace import Thing
from app.web.shell import moment, quantity
from devices.codes import Kind, group, make

_T, _O = Task.__table__, WorkOrder.__table__


def traveller_of(site_id: int, order: Thing) -> bytes:
    """The traveller of an order of this site; operations of rework loops stand behind the way they belong to."""
    from app.reports.traveller import Stop, Traveller, pdf

    key = int(order.node.id)
    query = (
        select(_T, Item.code.label("item"), Item.unit.label("measure")).outerjoin(Item, Item.id == _T.c.item_id)
        .where(_T.c.order_id == key, _T.c.site_id == site_id, _T.c.status != "skipped")
        .order_by(_T.c.loop_no, _T.c.sequence, _T.c.id)
    )  # fmt: skip
    places = _places(key)
    stops = []
    for number, task in enumerate(db.session.execute(query), 1):
        code = make(Kind.TASK, task.id)
        loop = f" · {_('loop %(number)s', number=task.loop_no)}" if task.loop_no else ""
        name = f"{named(task)}{loop}"
        amount = f"{quantity(task.quantity)} {task.measure or ''}".strip()
        where = ", ".join(filter(None, (task.item or "", places.get(task.id, ""))))
        stops.append(Stop(code, group(code), str(number), name, where, amount))
    head = db.session.execute(select(_O.c.code, _O.c.title, _O.c.due_at).where(_O.c.id == key)).one()
    code = make(Kind.ORDER, key)
    facts = [(_("Order"), head.code), (_("Title"), head.title), (_("Due"), moment(head.due_at))]
    return pdf(Traveller(
        _("Traveller %(order)s", order=head.code), code, group(code), facts,
        (_("No."), _("Operation"), _("Quantity"), _("Scan here")), stops,
        _("Made %(time)s", time=moment(now_utc())), _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
    ))  # fmt: skip


def _places(order_id: int) -> dict[int, str]:
    query = (
        select(TaskStation.task_id, Station.code).join(Station, Station.id == TaskStation.station_id)
        .join(_T, _T.c.id == TaskStation.task_id).where(_T.c.order_id == order_id)
        .order_by(TaskStation.preference, Station.code)
    )  # fmt: skip
    found: dict[int, list[str]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.task_id, []).append(row.code)
    return {task_id: " / ".join(codes) for task_id, codes in found.items()}


__all__ = ["traveller_of"]
