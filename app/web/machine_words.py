"""Words of machines: states, what became of a limit, why a value is not good, and what a notice says."""

from typing import Any, NamedTuple

from flask_babel import LazyString

from app.i18n import gettext, named
from app.i18n import lazy_gettext as _
from app.queries.boards import Call
from app.web import floor_words


class Look(NamedTuple):
    """How a state looks: shape, tone and word."""

    shape: str
    tone: str
    word: LazyString


STATES = {
    "running": Look("running", "active", _("Running")),
    "idle": Look("idle", "quiet", _("Idle")),
    "limited": Look("limited", "warn", _("Limited")),
    "stopped": Look("stopped", "crit", _("Stopped")),
    "no_data": Look("offline", "warn", _("No data")),
    "disabled": Look("offline", "quiet", _("Switched off")),
    "requested": Look("waiting", "", _("Requested")),
    "verified": Look("done", "", _("Written and read back")),
    "accepted": Look("done", "", _("Acknowledged by the machine")),
    "effective": Look("limited", "warn", _("In effect")),
    "ineffective": Look("blocked", "crit", _("Without effect")),
    "written": Look("waiting", "", _("Written")),
    "released": Look("done", "quiet", _("Let go")),
    "refused": Look("refused", "crit", _("Refused")),
    "lost": Look("offline", "crit", _("No answer")),
    "overridden": Look("blocked", "warn", _("Overridden at the machine")),
    "notify_only": Look("new", "", _("Told to people only")),
    "cleared": Look("done", "quiet", _("Cleared")),
    "good": Look("idle", "quiet", _("Valid")),
    "uncertain": Look("setup", "", _("Uncertain")),
    "bad": Look("offline", "warn", _("Bad")),
    "up": Look("done", "quiet", _("Answers")),
    "down": Look("offline", "warn", _("Does not answer")),
    "unknown": Look("offline", "quiet", _("Not asked yet")),
    "hold": Look("hold", "", _("Hold")),
    "limit": Look("limited", "", _("Limit")),
    "run": Look("running", "quiet", _("Run")),
}
REASONS: dict[str, LazyString] = {
    "never_read": _("never read"), "stale": _("too old"), "timeout": _("no answer in time"),
    "refused": _("connection refused"), "closed": _("connection closed"), "not_finite": _("not a number"),
    "implausible": _("outside its plausible range"), "backing_off": _("waiting before the next try"),
    "off": _("switched off"), "poller": _("the poller was not running"), "malformed": _("the answer was damaged"),
    "foreign": _("the answer was another device's"), "short": _("the answer was too short"),
    "undecodable": _("the answer cannot be read"), "block_refused": _("the device refuses this address"),
    "device_refused": _("the device refused"), "no_write_path": _("the device may not be written"),
    "read_back_differs": _("something else was read back"), "unit_silent": _("silent, asked less often"),
    "not_connected": _("not connected yet"), "retained": _("kept by the broker, of unknown age"),
    "not_told_back": _("the device did not tell the value back"), "too_long": _("the message is too long"),
}  # fmt: skip
MEANINGS: dict[str, LazyString] = {
    "count": _("piece counter"), "state": _("state"), "alarm": _("alarm"), "torque": _("torque"),
    "queue": _("queue"), "vibration": _("vibration"), "temperature": _("temperature"), "current": _("current"),
    "charge": _("charge"), "leak": _("leak rate"), "pressure": _("pressure"), "job": _("job"), "cycle": _("cycle time"),
    "fault": _("fault"), "override": _("local override"), "other": _("other"),
}  # fmt: skip
KINDS: dict[str, LazyString] = {"help": _("Help"), "limit": _("Limit"), "stop": _("Stop"),
                                "containment": _("Containment"), **floor_words.KINDS}  # fmt: skip
STEPS: dict[int, LazyString] = {
    1: _("called: the supervisor"), 2: _("called: the production manager"), 3: _("another plan was asked for"),
}  # fmt: skip
SEVERITIES: dict[str, LazyString] = {"crit": _("Critical"), "warn": _("Warning"), "info": _("Information")}


def look(state: str) -> Look:
    """How a state looks; an unknown word stands for itself."""
    return STATES.get(state) or Look("idle", "quiet", state)  # type: ignore[arg-type]


def why(reason: str | None) -> str:
    """A reason in words: alarms keep their number, an unknown one stands for itself."""
    if not reason:
        return ""
    if reason.startswith("alarm:"):
        return gettext("alarm %(number)s", number=reason.removeprefix("alarm:"))
    if reason.startswith("exception_"):
        return gettext("the device refused (%(number)s)", number=reason.removeprefix("exception_"))
    return str(REASONS.get(reason, reason))


def title(call: Call) -> str:
    """What a notice says in one line."""
    notice = call.notice
    place = named(call.machine) if call.machine else named(call.station)
    if notice.kind == "limit":
        return gettext(
            "%(station)s is full: %(backlog)s wait, the limit is %(high)s", station=named(call.station),
            backlog=notice.data.get("backlog", "–"), high=notice.data.get("high", "–"),
        )  # fmt: skip
    if notice.kind == "stop":
        return gettext("%(place)s stands", place=place)
    if notice.kind == "help":
        return gettext("%(place)s calls for help", place=place)
    if notice.kind == "containment":
        return gettext("Contained: %(case)s", case=notice.data.get("case", "–"))
    if notice.kind in floor_words.KINDS:
        return floor_words.title(call)
    return str(KINDS.get(notice.kind, notice.kind))


def text(call: Call) -> str:
    """What a notice says beneath: why, and what was done about it."""
    notice = call.notice
    if notice.kind == "limit":
        return _limit_text(call)
    if notice.kind == "containment":
        return gettext("%(held)s things are held, %(away)s units are with customers. Take held parts out of the line.",
                       held=notice.data.get("held", "–"), away=notice.data.get("away", "–"))  # fmt: skip
    if notice.kind in floor_words.KINDS:
        return floor_words.text(call)
    parts = [named(call.reason) if call.reason else why(_code(notice.data.get("reason"))), notice.note or ""]
    return " · ".join(part for part in parts if part)


def _limit_text(call: Call) -> str:
    data: dict[str, Any] = call.notice.data
    upstream = named(call.upstream)
    if data.get("trouble"):
        return gettext("%(station)s does not take the limit: %(why)s. Tell the people there.", station=upstream,
                       why=look(data["trouble"]).word)  # fmt: skip
    if data.get("mode") == "limit":
        return gettext("%(station)s is slowed to %(rate)s %%.", station=upstream,
                       rate=int(data.get("rate_permille") or 0) // 10)  # fmt: skip
    return gettext("%(station)s waits and starts no new parts.", station=upstream)


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) else None
