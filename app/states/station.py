"""What a station makes of a code, as one table: its state × the kind of code → what is done, or why not.

The table is pure. ``app.services.station_here.state_of`` tells the state, ``app.services.station_scans`` the kind of
what was read and does the effect; whether the effect then succeeds depends on orders, stock and skills and is said
by the services. Buttons ask the same table, so a card and a button can never differ.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """What goes on at a station."""

    LOCKED = "locked"  # somebody is signed in and did nothing for too long
    IDLE = "idle"  # nobody is signed in, nothing is open
    LEFT = "left"  # nobody is signed in, a task is open
    SIGNED_IN = "signed_in"  # somebody is signed in, nothing is open
    OFFERED = "offered"  # the same, and a question waits for yes or no
    RUNNING = "running"
    SETUP = "setup"
    PAUSED = "paused"
    STOPPED = "stopped"
    ASKED = "asked"  # a task is open, and a question waits for yes or no
    WHY_SCRAP = "why_scrap"
    WHY_REWORK = "why_rework"
    WHICH = "which"  # the unit that is not good


class Kind(StrEnum):
    """What was scanned or pressed."""

    BADGE = "badge"
    TASK = "task"
    ORDER = "order"
    UNIT = "unit"
    LOT = "lot"
    NUMBER = "number"
    WHY_SCRAP = "reason:scrap"
    WHY_REWORK = "reason:rework"
    WHY_STOP = "reason:stop"
    WHY_PAUSE = "reason:pause"
    WHY_HELP = "reason:help"
    WHY_OTHER = "reason:other"
    START = "start"
    FINISH = "finish"
    GOOD = "good"
    SCRAP = "scrap"
    REWORK = "rework"
    UNDO = "undo"
    PAUSE = "pause"
    HELP = "help"
    SIGN_OUT = "sign_out"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    SETUP = "setup"
    MATERIAL = "material"
    CONCESSION = "concession"
    OVERRIDE = "override"
    COUNTER = "counter"
    VALUE = "value"
    LOAD = "load"
    BATCH_START = "batch_start"
    BATCH_END = "batch_end"
    UNLOAD = "unload"
    SKIP = "skip"
    PLACE = "place"  # a station, device, machine, container or item: nothing to do with it here


class Decision(NamedTuple):
    """A cell: the effect, or the code of the refusal; ``says`` are the answers it may give, ``to`` where it may lead.

    ``to`` holds for an effect that succeeds; a refused code leaves the state as it is.
    """

    effect: str | None
    refusal: str | None = None
    says: frozenset[str] = frozenset()
    to: frozenset[State] = frozenset()

    @property
    def accepted(self) -> bool:
        """Whether the code has a meaning in this state."""
        return self.effect is not None


S, K = State, Kind
WORKING = (S.RUNNING, S.SETUP, S.PAUSED, S.STOPPED, S.ASKED, S.WHY_SCRAP, S.WHY_REWORK, S.WHICH)
FREE = (S.SIGNED_IN, S.OFFERED)
NOBODY = (S.IDLE, S.LEFT)
_DONE = frozenset({S.RUNNING, S.SIGNED_IN, S.OFFERED, S.ASKED})

# What a station expects in each state: a code of app.services.station_words.
NEXT: Mapping[State, frozenset[str]] = {
    S.LOCKED: frozenset({"next.unlock"}),
    S.IDLE: frozenset({"next.badge"}),
    S.LEFT: frozenset({"next.badge"}),
    S.SIGNED_IN: frozenset({"next.task"}),
    S.OFFERED: frozenset({"next.take_over"}),
    S.RUNNING: frozenset(
        {
            "next.part",
            "next.unit",
            "next.born",
            "next.good",
            "next.good_many",
            "next.finish",
            "next.check",
            "next.batch_start",
            "next.batch_end",
        }
    ),
    S.SETUP: frozenset({"next.setup"}),
    S.PAUSED: frozenset({"next.start"}),
    S.STOPPED: frozenset({"next.start"}),
    S.ASKED: frozenset({"next.confirm", "next.take_over"}),
    S.WHY_SCRAP: frozenset({"next.reason"}),
    S.WHY_REWORK: frozenset({"next.reason"}),
    S.WHICH: frozenset({"next.unit_bad"}),
}


def decide(state: State, kind: Kind) -> Decision:
    """The cell of the table."""
    return TABLE[state][kind]


def _no(code: str) -> Decision:
    return Decision(None, code)


def _do(effect: str, says: str, *to: State) -> Decision:
    return Decision(effect, None, frozenset(says.split()), frozenset(to))


def _row(state: State, cells: Mapping[Kind, Decision], otherwise: str) -> dict[Kind, Decision]:
    """A row: its own cells, what holds in every state, and one refusal for the rest."""
    everywhere = {
        K.HELP: _do("help", "call.help", state),
        K.WHY_HELP: _do("help", "call.help", state),
        K.WHY_OTHER: _no("reason.other_use"),
        K.PLACE: _no("code.not_here"),
    }
    return {kind: cells.get(kind) or everywhere.get(kind) or _no(otherwise) for kind in Kind}


_OPENED = _do("open", "task.opened task.is_open task.continues", S.RUNNING, S.ASKED, S.OFFERED)
_KEPT = "pending.task"
_BY_NOBODY = {
    S.IDLE: {
        K.BADGE: _do("badge", "person.in task.opened", S.SIGNED_IN, S.RUNNING),
        K.TASK: _do("keep_task", _KEPT, S.IDLE),
        K.ORDER: _do("keep_task", _KEPT, S.IDLE),
    },
    S.LEFT: {
        K.BADGE: _do("badge", "person.in task.opened", S.RUNNING, S.PAUSED, S.STOPPED, S.SETUP),
        K.TASK: _do("keep_task", _KEPT, S.LEFT),
        K.ORDER: _do("keep_task", _KEPT, S.LEFT),
    },
    S.LOCKED: {
        K.BADGE: _do("unlock", "person.back person.in", S.SIGNED_IN, *WORKING),
    },
}


def _somebody(state: State) -> dict[Kind, Decision]:
    """What holds whenever somebody is signed in."""
    return {
        K.BADGE: _do("badge", "person.in person.out person.joined person.left", state, S.LEFT, S.IDLE, S.RUNNING,
                     S.SIGNED_IN),
        K.SIGN_OUT: _do("sign_out", "person.out person.left", state, S.LEFT, S.IDLE, S.RUNNING, S.SIGNED_IN),
        K.TASK: _OPENED,
        K.ORDER: _OPENED,
        K.UNIT: _do("unit", "report.good_unit report.scrap_unit report.rework_unit part.added pending.scrap_reason "
                    "pending.rework_reason", state, *_DONE),
        K.START: _do("start", "task.opened task.is_open task.continues", S.RUNNING),
        K.UNDO: _do("undo", "report.undone", S.RUNNING, S.PAUSED, S.SETUP, S.STOPPED, *_DONE),
        K.WHY_STOP: _do("stop", "call.stop", S.STOPPED, S.SIGNED_IN),
        # What was scrapped may be made again by CONFIRM, which is offered beside the next step.
        K.CONFIRM: _do("confirm", "replace.made replace.asked", state),
        K.CANCEL: _do("cancel", "pending.cancelled", state, S.RUNNING, S.PAUSED, S.SETUP, S.STOPPED, S.SIGNED_IN),
        K.BATCH_START: _do("batch_start", "batch.started", state),
        K.BATCH_END: _do("batch_end", "batch.ended", state, S.SIGNED_IN),
        K.UNLOAD: _do("unload", "batch.unloaded", state),
        K.OVERRIDE: _do("override", "limit.overridden", state),
    }  # fmt: skip


def _working(state: State) -> dict[Kind, Decision]:
    """What holds with a task open; a piece that is reported says that the station works."""
    bad = _do("bad", "report.scrap report.scrap_unit report.rework report.rework_unit pending.scrap_unit "
              "pending.rework_unit", S.WHICH, *_DONE)  # fmt: skip
    return _somebody(state) | {
        K.LOT: _do("lot", "lot.loaded", state),
        K.NUMBER: _do("number", "pending.quantity report.scrap report.rework", state, *_DONE),
        K.GOOD: _do("good", "report.good report.good_unit", *_DONE),
        K.SCRAP: _do("scrap", "pending.scrap_reason report.scrap pending.scrap_unit", S.WHY_SCRAP, S.WHICH, *_DONE),
        K.REWORK: _do("rework", "pending.rework_reason report.rework pending.rework_unit", S.WHY_REWORK, S.WHICH,
                      *_DONE),
        K.WHY_SCRAP: bad,
        K.WHY_REWORK: bad,
        K.PAUSE: _do("pause", "task.paused", S.PAUSED),
        K.WHY_PAUSE: _do("pause", "task.paused", S.PAUSED),
        K.SETUP: _do("setup", "task.setup", S.SETUP),
        K.FINISH: _do("finish", "pending.finish report.good", S.ASKED, *_DONE),
        K.MATERIAL: _do("material", "call.material", state),
        K.CONCESSION: _do("concession", "call.concession pending.concession", state, S.WHICH, *_DONE),
        K.COUNTER: _do("counter", "counter.begun report.good counter.same", state, *_DONE),
        K.VALUE: _do("value", "pending.value check.out", state),
        K.LOAD: _do("load", "batch.loaded", state),
        K.SKIP: _do("skip", "task.skipped", S.SIGNED_IN),
    }  # fmt: skip


def _asked(state: State) -> dict[Kind, Decision]:
    yes = _do("confirm", "task.left task.opened replace.made replace.asked", S.SIGNED_IN, S.RUNNING, S.PAUSED, S.SETUP,
              S.STOPPED)  # fmt: skip
    return {K.CONFIRM: yes}


_OWN: Mapping[State, Mapping[Kind, Decision]] = {
    S.OFFERED: _asked(S.OFFERED),
    S.ASKED: _asked(S.ASKED),
    S.STOPPED: {K.PAUSE: _no("station.stopped"), K.WHY_PAUSE: _no("station.stopped")},
    S.WHY_SCRAP: {K.WHY_REWORK: _no("reason.other_use")},
    S.WHY_REWORK: {K.WHY_SCRAP: _no("reason.other_use")},
}


def _rows() -> Iterable[tuple[State, dict[Kind, Decision]]]:
    for state in State:
        own = dict(_OWN.get(state, {}))
        if state == S.LOCKED:
            yield state, _row(state, _BY_NOBODY[state], "station.locked")
        elif state in NOBODY:
            yield state, _row(state, _BY_NOBODY[state], "station.sign_in")
        elif state in FREE:
            yield state, _row(state, _somebody(state) | own, "station.task_first")
        else:
            yield state, _row(state, _working(state) | own, "station.task_first")


TABLE: Mapping[State, Mapping[Kind, Decision]] = dict(_rows())


def state_of(
    has_person: bool, has_task: bool, is_locked: bool, stopped: bool, pending: Mapping[str, object]
) -> State:  # fmt: skip
    """The state that the facts of a station amount to; a question comes before a reason, a reason before the clock."""
    if has_person and is_locked:
        return S.LOCKED
    if not has_person:
        return S.LEFT if has_task else S.IDLE
    if not has_task:
        return S.OFFERED if pending.get("confirm") else S.SIGNED_IN
    if pending.get("confirm"):
        return S.ASKED
    if pending.get("kind"):
        return _why(pending)
    if stopped:
        return S.STOPPED
    if pending.get("paused"):
        return S.PAUSED
    return S.SETUP if pending.get("setup") else S.RUNNING


def _why(pending: Mapping[str, object]) -> State:
    if pending.get("reason") is not None or pending["kind"] == "concession":
        return S.WHICH
    return S.WHY_SCRAP if pending["kind"] == "scrap" else S.WHY_REWORK
