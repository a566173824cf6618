"""What would help a late order: what could be done, what it gains, what the others pay."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.queries import plan_board, plan_help
from app.web.plan import chain_of, shown
from app.web.plan_words import draft_name, remedy_word, span

pages = Blueprint("plan_help", __name__)


@pages.get("/plan/help/<int:order_id>")
@allow("plan.view")
def show(order_id: int) -> ResponseReturnValue:
    """Why an order is late and what would help, worked out while the planner waits: a second at most."""
    site_id, plan = identity().site_id, shown()
    if plan is None:
        raise NotFound("plan.none")
    found = plan_help.help_for(db.session, site_id, plan, order_id, now_utc())
    names = plan_board.names(db.session, site_id, set(), {order_id})
    rows = [(remedy_word(one.kind, one.ref, names), one) for one in found.remedies]
    return render_template("plan/help.html", plan=plan, order=names.orders[order_id], found=found, rows=rows, span=span,
                           chain=chain_of(plan, order_id), draft_name=draft_name)  # fmt: skip
