"""What surrounds every desk page: the rail, the home of each role, words and clocks for templates."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Flask, current_app, request, url_for
from flask_babel import LazyString, format_datetime, format_decimal, get_locale, to_user_timezone

from app.auth import Identity, identity
from app.db import now_utc
from app.i18n import lazy_gettext as _


class Place(NamedTuple):
    """An entry of the rail."""

    endpoint: str
    icon: str
    label: LazyString
    permission: str


RAIL = (
    Place("lead.overview", "layout-dashboard", _("Lead"), "lead.act"),
    Place("station.stations", "device-tablet", _("Stations"), "station.use"),
    Place("orders.listing", "clipboard-list", _("Orders"), "orders.view"),
    Place("plan.board", "calendar-stats", _("Plan"), "plan.view"),
    Place("trace.search", "git-fork", _("Trace"), "trace.view"),
    Place("quality.overview", "shield-check", _("Quality"), "quality.view"),
    Place("devices.listing", "cpu", _("Devices"), "devices.view"),
    Place("service.listing", "tool", _("Service"), "service.edit"),
    Place("admin.overview", "settings", _("Admin"), "admin"),
)
HOMES = (
    ("admin", "lead.overview"), ("lead", "lead.overview"), ("planner", "plan.board"), ("quality", "trace.search"),
    ("service", "service.listing"), ("operator", "station.stations"), ("wall", "wall.lines"),
)  # fmt: skip


def home_of(who: Identity) -> str:
    """The first page of a role."""
    for role, endpoint in HOMES:
        if role in who.roles and endpoint in current_app.view_functions:
            return url_for(endpoint)
    return url_for("account.account")


def rail() -> list[dict[str, Any]]:
    """The places this user may go, the present one marked."""
    here = (request.endpoint or "").split(".")[0]
    return [
        {"endpoint": place.endpoint, "icon": place.icon, "label": place.label,
         "active": place.endpoint.split(".")[0] == here}
        for place in RAIL
        if identity().may(place.permission) and place.endpoint in current_app.view_functions
    ]  # fmt: skip


def quantity(value: Decimal | int | None) -> str:
    """A quantity as people write it; a dash when there is none."""
    return "–" if value is None else format_decimal(value)


def moment(value: datetime | None, form: str = "short") -> str:
    """A time in the site's zone with 24 hours, the year only when it is another one; a dash when there is none."""
    if value is None:
        return "–"
    if form != "short":
        return format_datetime(value, form)
    chinese = str(get_locale() or "en").startswith("zh")
    day = "M月d日" if chinese else "d MMM"
    if to_user_timezone(value).year != to_user_timezone(now_utc()).year:
        day = "y年M月d日" if chinese else "d MMM y"
    return format_datetime(value, f"{day} HH:mm")


def init_shell(app: Flask) -> None:
    """Give templates the rail and the filters ``quantity`` and ``moment``."""
    app.jinja_env.filters.update(quantity=quantity, moment=moment)
    app.context_processor(lambda: {"rail": rail() if identity().user_id else [], "server_time": now_utc(),
                                   "is_demo": app.config["DEMO"], "site_zone": identity().zone})  # fmt: skip
