"""Compare: the published plan with a draft, order by order, or with all drafts side by side."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.queries import plan_compare, plan_drafts, plan_search, plans
from app.web.plan import short_time
from app.web.plan_words import draft_name, span

pages = Blueprint("plan_compare", __name__)
_MOST = 200


@pages.get("/plan/compare/draft")
@allow("plan.view")
def show() -> ResponseReturnValue:
    """What publishing a draft would change, the hardest hit customers first."""
    site_id, wanted = identity().site_id, request.args.get("draft", "")
    draft = plan_drafts.draft(db.session, site_id, int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0)
    current = plans.current(db.session, site_id)
    base = plans.published(db.session, site_id)
    before = plan_compare.facts(db.session, current, base) if current else None
    after = plan_compare.facts(db.session, draft, base)
    found = plan_compare.changes(db.session, base, draft)
    return render_template("plan/compare.html", draft=draft, before=before, after=after, changes=found[:_MOST],
                           count=len(found), short_time=short_time, span=span, draft_name=draft_name)  # fmt: skip


@pages.get("/plan/compare")
@allow("plan.view")
def side_by_side() -> ResponseReturnValue:
    """The published plan and every draft, a column each."""
    site_id = identity().site_id
    current = plans.current(db.session, site_id)
    if current is None:
        raise NotFound("plan.none")
    base = plans.published(db.session, site_id)
    rows = [current, *plan_drafts.drafts(db.session, site_id)]
    found = [plan_compare.facts(db.session, row, base) for row in rows]
    search = plan_search.newest(db.session, site_id, now_utc())
    return render_template("plan/side_by_side.html", facts=found, span=span, short_time=short_time,
                           draft_name=draft_name, searching=search is not None and search.open)  # fmt: skip
