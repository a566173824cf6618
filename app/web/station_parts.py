"""The buttons of a station: always there, in the same place; what is not possible now says why."""

from typing import Any

from app.errors import Refused
from app.i18n import gettext as _
from app.queries.stations import View
from app.services.station_words import instruction
from app.words import sentence

# What only a scan can give: the button cannot stand in for it.
_BY_SCAN = ("next.unit", "next.part", "next.unit_bad", "next.badge")


def foot(
    view: View, following: dict[str, Any], is_optional: bool = False, batch_size: int | None = None
) -> list[dict[str, Any]]:
    """The foot of the page, the one primary action first."""
    if following["code"] == "next.take_over":
        return [_button(_("Do it here"), "confirm", "primary"), _button(_("Cancel"), "cancel")]
    if following["code"] == "next.confirm":
        return [_button(_("Leave the task"), "confirm", "primary"), _button(_("Cancel"), "cancel")]
    if view.pending.get("load"):
        return _batch_buttons(view)
    buttons = [_primary(view, following)]
    lost = view.pending.get("replace")
    if lost:
        buttons.append(_button(_("Make %(quantity)s again", quantity=lost["quantity"]), "confirm"))
    if view.person and view.open:
        if not view.open.is_serialised and view.open.quantity > 1:
            buttons.append(_button(_("Quantity…"), "quantity", pad="quantity-pad"))
        buttons.append(_button(_("Scrap…"), "reject", reasons="reject-reasons"))
        if batch_size and batch_size > 1:
            buttons.insert(1, _button(_("Load…"), "load", pad="quantity-pad"))
        if is_optional:
            buttons.append(_button(_("Skip…"), "skip", reasons="skip-reasons"))
    if view.person:
        buttons.append(_button(_("Stop…"), "stop", reasons="stop-reasons", blocked=_stood(view)))
    if view.person:
        buttons.append(_button(_("More…"), "more", dialog="more-actions"))
    return [*buttons, _button(_("Call help"), "help", reasons="help-reasons")]


def _batch_buttons(view: View) -> list[dict[str, Any]]:
    """A jig is loaded or runs: what can be done with it."""
    if view.pending.get("batch"):
        first = [_button(_("End of the run"), "batch_end", "primary")]
    else:
        first = [_button(_("Start the run"), "batch_start", "primary"),
                 _button(_("Load…"), "load", pad="quantity-pad")]  # fmt: skip
    stop = _button(_("Stop…"), "stop", reasons="stop-reasons", blocked=_stood(view))
    return [
        *first,
        _button(_("Empty the jig"), "unload"),
        stop,
        _button(_("Call help"), "help", reasons="help-reasons"),
    ]


def _primary(view: View, following: dict[str, Any]) -> dict[str, Any]:
    code = following["code"]
    if view.person is None or code == "next.unlock":
        return _button(_("Report good"), "good", "primary", blocked=instruction(following))
    if view.open is None:
        return _start_next(view)
    if code == "next.check":
        check = {"check": following["values"]["wanted"]}
        return _button(instruction(following), "value", "primary", values=check, pad="value-pad")
    if code in ("next.start", "next.setup"):
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
            "dialog": None, "blocked": None} | more  # fmt: skip
