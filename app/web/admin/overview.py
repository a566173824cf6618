"""The first page of administration: what is set up, what is missing and why it matters."""

from typing import Any, NamedTuple

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from app.auth import ROLES, allow, identity
from app.auth.policy import AGAIN
from app.db import db
from app.i18n import lazy_gettext as _
from app.queries.admin import counts
from app.web.admin.blueprint import pages
from app.web.telling import PERMISSION_WORDS, ROLE_WORDS


class Step(NamedTuple):
    """A thing to set up: its table, its name, why it matters, and where it is looked at."""

    table: str
    label: LazyString
    why: LazyString
    place: str


STEPS = (
    Step("line", _("Lines"), _("Stations belong to lines; walls and limits go by line."), "lines"),
    Step("station", _("Stations"), _("Tasks queue at stations. Without one nothing can be released."), "stations"),
    Step("location", _("Stock places"), _("Material is taken from a place and goods are put into one."), "locations"),
    Step("machine", _("Machines"), _("Machines are read and throttled. Without one no value arrives."), "machines"),
    Step(
        "shift_pattern", _("Shifts"), _("The plan only uses working time. Without shifts nothing is planned."), "shifts"
    ),
    Step("person", _("People"), _("Operators sign in by badge; skills decide what they may do."), "people"),
    Step("reason", _("Reasons"), _("Scrap, rework, holds and corrections ask for one."), "reasons"),
    Step("item", _("Items"), _("What is made and what it is made of."), "items"),
    Step("bom", _("Bills of material"), _("Release explodes them into levels and materials."), "boms"),
    Step("routing", _("Routings"), _("Release makes a task of every operation."), "routings"),
    Step("user_account", _("Users"), _("Everybody at a desk needs a login with roles."), "users"),
    Step("work_order", _("Orders"), _("Release the first one and its tasks stand at the stations."), "orders"),
)


@pages.get("/admin")
@allow("admin")
def overview() -> ResponseReturnValue:
    """The set-up checklist."""
    found = counts(db.session, identity().site_id)
    steps = [(step, found[step.table], _place(step.place)) for step in STEPS]
    missing = sum(1 for _step, count, _url in steps if not count)
    return render_template("admin/overview.html", steps=steps, missing=missing)


def _place(name: str) -> str:
    elsewhere = {"users": "admin.users", "orders": "orders.listing"}
    return url_for(elsewhere[name]) if name in elsewhere else url_for("admin.table", name=name)


@pages.get("/admin/roles")
@allow("admin")
def roles() -> ResponseReturnValue:
    """What each role may do."""
    rows: list[dict[str, Any]] = [
        {"word": PERMISSION_WORDS.get(permission, permission), "again": permission in AGAIN,
         "roles": {role for role, allowed in ROLES.items() if permission in allowed}}
        for permission in sorted(frozenset().union(*ROLES.values()))
    ]  # fmt: skip
    return render_template("admin/roles.html", rows=rows, roles=list(ROLES), role_words=ROLE_WORDS,
                           minutes=round(current_app.config["CONFIRM_MIN"]))  # fmt: skip
