"""Load against capacity by week: where the plan asks for more than there is."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.queries import plan_load
from app.web.plan import shown
from app.web.plan_words import draft_name
from app.web.shell import moment

pages = Blueprint("plan_load", __name__)


@pages.get("/plan/load")
@allow("plan.view")
def show() -> ResponseReturnValue:
    """Every station by week."""
    plan = shown()
    if plan is None:
        raise NotFound("plan.none")
    weeks, rows = plan_load.load(db.session, identity().site_id, plan, now_utc())
    return render_template("plan/load.html", plan=plan, weeks=weeks, rows=rows, moment=moment, draft_name=draft_name)
