"""The list of orders: filters in the address, a page of rows, the same rows as CSV."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.formula import safe
from app.i18n import gettext as _
from app.queries.orders import SORTS, Filters, Row, all_orders, lines_of, order_page
from app.states.order import ORDER
from app.web.orders.blueprint import pages
from app.web.shell import moment
from app.web.telling import ORDER_KINDS, kind_word


def filters_of(args: Any) -> Filters:
    """The filters in an address; what does not fit is as if it were not there."""
    status, sort, line, page = (args.get(name, "") for name in ("status", "sort", "line", "page"))
    return Filters(
        status=status if status in ORDER or status == "any" else "open",
        kinds=tuple(kind for kind in args.getlist("kind") if kind in ORDER_KINDS),
        late=args.get("late") == "1",
        line_id=int(line) if line.isdecimal() and len(line) < 10 else None,
        text=args.get("q", "").strip()[:64],
        sort=sort if sort.removeprefix("-") in SORTS else "due",
        page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
    )


@pages.get("/orders")
@allow("orders.view")
def listing() -> ResponseReturnValue:
    """Orders, open ones first due first."""
    wish = filters_of(request.args)
    context = _context(wish)
    template = "orders/_rows.html" if request.headers.get("HX-Request") else "orders/list.html"
    return render_template(template, **context)


def _context(wish: Filters) -> dict[str, Any]:
    site_id = identity().site_id
    args = {name: value for name, value in request.args.items() if value and name not in ("sort", "page")}
    return {
        "found": order_page(db.session, site_id, wish, now_utc()), "wish": wish, "args": args,
        "lines": lines_of(db.session, site_id), "kinds": ORDER_KINDS, "states": tuple(ORDER), "kind_word": kind_word,
        "path": url_for("orders.listing"), "narrowed": bool(set(args) - {"sort", "page"}),
        "live": url_for("orders.listing", **{**args, "sort": wish.sort, "page": wish.page}),
    }  # fmt: skip


@pages.get("/orders.csv")
@allow("export")
def export() -> ResponseReturnValue:
    """The filtered list as CSV, with a mark so that Excel reads UTF-8."""
    rows = all_orders(db.session, identity().site_id, filters_of(request.args), now_utc())
    answer = Response(stream_with_context(_csv(rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=orders.csv"
    return answer


def _csv(rows: Iterator[Row]) -> Iterator[str]:
    head = [_("Order"), _("Kind"), _("Title"), _("Status"), _("Good"), _("Quantity"), _("Due"), _("Planned end"),
            _("Priority"), _("Lateness")]  # fmt: skip
    yield "\ufeff" + _line(head)
    for row in rows:
        done, order = row.progress, row.order
        yield _line([order.code, kind_word(order.kind), order.title, order.status, done.good if done else "",
                     done.quantity if done else "", moment(order.due_at),
                     moment(row.planned.end_at) if row.planned else "", order.priority, row.lateness])  # fmt: skip


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe(str(cell)) for cell in cells])
    return out.getvalue()
