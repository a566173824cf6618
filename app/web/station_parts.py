"""The buttons of a station: always there, in the same place; what is not possible now says why."""

from typing import Any

from app.errors import Refused
from app.i18n import gettext as _
from app.queries.stations import View
from app.services.station_words import instruction
from app.words import sentence

# What only a scan can give: the button cannot stand in for it.
_BY_SCAN = ("next.unit", "next.part", "next.unit_bad", "next.badge")


def foot(view: View, following: dict[str, Any]) -> list[dict[str, Any]]:
    """The foot of the page, the one primary action first."""
    if following["code"] == "next.confirm":
        return [_button(_("Leave the task"), "confirm", "primary"), _button(_("Cancel"), "cancel")]
    buttons = [_primary(view, following)]
    if view.person and view.open:
        if not view.open.is_serialised and view.open.quantity > 1:
            buttons.append(_button(_("Quantity…"), "quantity", pad="quantity-pad"))
        buttons.append(_button(_("Scrap…"), "reject", reasons="reject-reasons"))
    if view.person:
        buttons.append(_button(_("Stop…"), "stop", reasons="stop-reasons", blocked=_stood(view)))
    return [*buttons, _button(_("Call help"), "help", reasons="help-reasons")]


def _primary(view: View, following: dict[str, Any]) -> dict[str, Any]:
    code = following["code"]
    if view.person is None:
        return _button(_("Report good"), "good", "primary", blocked=instruction(following))
    if view.open is None:
        return _start_next(view)
    if code == "next.start":
        return _button(_("Start"), "start", "primary")
    if code == "next.finish":
        return _button(_("Work is done"), "finish", "primary")
    if code == "next.reason":
        return _button(_("Choose the reason"), "reject", "primary", reasons="reject-reasons")
    label = _("Report %(quantity)s good", quantity=view.pending.get("quantity") or 1)
    blocked = instruction(following) if code in _BY_SCAN else _why(view.open.blocked)
    return _button(label, "good", "primary", blocked=blocked)


def _start_next(view: View) -> dict[str, Any]:
    ready = view.ready
    if ready is None:
        first = view.following[0] if view.following else None
        why = _why(first.blocked) if first else _("No task waits here.")
        return _button(_("Start"), "start", "primary", blocked=why)
    label = _("Start %(order)s", order=ready.order_code)
    return _button(label, "start", "primary", values={"task": ready.id})


def _stood(view: View) -> str | None:
    return _("Stopped already. Press Start to go on.") if view.stopped else None


def _why(blocked: tuple[str, dict[str, str]] | None) -> str | None:
    return sentence(Refused(blocked[0], **blocked[1])) if blocked else None


def _button(label: str, action: str, kind: str = "", **more: Any) -> dict[str, Any]:
    return {"label": label, "action": action, "kind": kind, "values": {}, "pad": None, "reasons": None,
            "blocked": None} | more  # fmt: skip
