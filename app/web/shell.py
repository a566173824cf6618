"""What surrounds every desk page: the rail, the home of each role, words and clocks for templates."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Flask, current_app, request, url_for
from flask_babel import LazyString, format_date, format_datetime, format_decimal, get_locale, to_user_timezone

from app.auth import Identity, identity
from app.db import now_utc
from app.i18n import lazy_gettext as _
from app.web.titles import titled


class Place(NamedTuple):
    """An entry of the rail."""

    endpoint: str
    icon: str
    label: LazyString
    permission: str
    group: str = ""


RAIL = (
    Place("lead.overview", "layout-dashboard", _("Lead"), "lead.act"),
    Place("station.stations", "device-tablet", _("Stations"), "station.use"),
    Place("orders.listing", "clipboard-list", _("Orders"), "orders.view"),
    Place("plan.board", "calendar-stats", _("Plan"), "plan.view"),
    Place("trace.search", "git-fork", _("Trace"), "trace.view"),
    Place("quality.overview", "shield-check", _("Quality"), "quality.view"),
    Place("boms.listing", "tree", _("Bills of material"), "engineering.view", "engineering"),
    Place("routings.listing", "tree", _("Routings"), "engineering.view", "engineering"),
    Place("reports.overview", "report", _("Reports"), "reports.view"),
    Place("stock.listing", "packages", _("Stock"), "stock.move", "material"),
    Place("packing.listing", "packages", _("Packing"), "pack", "material"),
    Place("outside.listing", "external", _("Outside"), "pack", "material"),
    Place("labels.overview", "tag", _("Labels"), "labels.print", "material"),
    Place("results.overview", "download", _("Results"), "export", "material"),
    Place("devices.listing", "cpu", _("Devices"), "devices.view"),
    Place("service.listing", "tool", _("Service"), "service.edit"),
    Place("admin.overview", "settings", _("Admin"), "admin"),
)
GROUPS = {"material": _("Material"), "engineering": _("Engineering")}
HOMES = (
    ("admin", "lead.overview"), ("lead", "lead.overview"), ("planner", "plan.board"), ("quality", "trace.search"),
    ("engineer", "boms.listing"), ("service", "service.listing"), ("operator", "station.stations"),
    ("wall", "wall.lines"),
)  # fmt: skip


def home_of(who: Identity) -> str:
    """The first page of a role."""
    for role, endpoint in HOMES:
        if role in who.roles and endpoint in current_app.view_functions:
            return url_for(endpoint)
    return url_for("account.account")


def rail() -> list[dict[str, Any]]:
    """The places this user may go, the present one marked; of a group the first one stands for all."""
    places = _allowed()
    first = {place.group: place for place in reversed(places) if place.group}
    group = next((place.group for place in places if _is_here(place) and place.group), None)
    return [
        {"endpoint": place.endpoint, "icon": place.icon, "label": GROUPS.get(place.group, place.label),
         "active": _is_here(place) or (bool(place.group) and place.group == group)}
        for place in places
        if not place.group or first[place.group] is place
    ]  # fmt: skip


def siblings() -> list[dict[str, Any]]:
    """The other places of the group that the present one belongs to, as tabs; none outside a group."""
    places = _allowed()
    group = next((place.group for place in places if _is_here(place)), "")
    mine = [place for place in places if group and place.group == group]
    return [{"url": url_for(place.endpoint), "label": place.label, "active": _is_here(place)} for place in mine]


def _allowed() -> list[Place]:
    return [p for p in RAIL if identity().may(p.permission) and p.endpoint in current_app.view_functions]


def _is_here(place: Place) -> bool:
    return place.endpoint.split(".")[0] == (request.endpoint or "").split(".")[0]


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
    """Give templates the rail and the filters ``quantity``, ``moment`` and ``titled``."""
    app.jinja_env.filters.update(quantity=quantity, moment=moment, day=format_date, titled=titled)
    app.context_processor(lambda: {"rail": rail() if identity().user_id else [], "siblings": siblings,
                                   "server_time": now_utc(),
                                   "is_page": lambda endpoint: endpoint in current_app.view_functions,
                                   "is_demo": app.config["DEMO"], "site_zone": identity().zone})  # fmt: skip
