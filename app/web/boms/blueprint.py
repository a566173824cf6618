"""The blueprint that the pages of bills of material share, and their words."""

from flask import Blueprint
from flask_babel import LazyString

from app.i18n import lazy_gettext as _
from app.services.bom_reading import ORDER

pages = Blueprint("boms", __name__)
STATES = {"approved": _("approved"), "draft": _("draft"), "retired": _("out of use")}
SUPPLY = {"make_to_order": _("made to order"), "stock": _("made to stock"), "buy": _("bought"), "phantom": _("phantom")}
LABELS: dict[str, LazyString] = {
    "component": _("Component"), "quantity": _("Quantity"), "per": _("Per"), "operation": _("Process step"),
    "valid_from": _("Valid from"), "valid_to": _("Valid until"), "scrap_percent": _("Scrap percent"),
    "alternate_group": _("Alternates"), "priority": _("Rank"), "backflush": _("Booked by itself"),
}  # fmt: skip


def labels() -> dict[str, str]:
    """The names of the columns in the language of the reader."""
    return {name: str(LABELS[name]) for name in ORDER}


def heads() -> dict[str, str]:
    """The column that a header of a sheet means: our name of it, or what the page calls it."""
    return {name: name for name in ORDER} | {label.lower(): name for name, label in labels().items()}
