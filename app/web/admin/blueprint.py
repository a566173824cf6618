"""The blueprint that the pages of administration share, and the places between them."""

from typing import Any

from flask import Blueprint, request, url_for

from app.i18n import gettext as _

pages = Blueprint("admin", __name__)


@pages.app_context_processor
def _places() -> dict[str, Any]:
    if request.blueprint not in ("admin", "screens"):
        return {}
    places = (("overview", _("Checklist")), ("tables", _("Master data")), ("users", _("Users")), ("roles", _("Roles")),
              ("importing", _("Import")), ("audit", _("Log")))  # fmt: skip
    here = (request.endpoint or "").partition(".")[2]
    here = "tables" if here.startswith("sheet_") else here
    mine = {"table": "tables", "bom": "tables", "routing": "tables", "user": "users", "user_new": "users",
            "import_check": "importing", "import_write": "importing", "user_create": "users"}  # fmt: skip
    views = [{"label": label, "url": url_for(f"admin.{name}"), "active": mine.get(here, here) == name}
             for name, label in places]  # fmt: skip
    screens = {
        "label": _("Screens"),
        "url": url_for("screens.listing"),
        "active": request.endpoint == "screens.listing",
    }
    return {"places": [*views, screens, {"label": _("Health"), "url": url_for("health.page"), "active": False}]}
