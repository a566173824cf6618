"""What this room refuses: one base class, a code and named values; the words for users are made elsewhere."""

from typing import ClassVar


class SchedulingError(Exception):
    """A refusal with a stable `code` and named `values`; str() is a plain English line for the command line."""

    code: ClassVar[str] = "scheduling"
    line: ClassVar[str] = "{values}"

    def __init__(self, **values: object) -> None:
        """Keep the named values, so that a caller can make its own words."""
        super().__init__(values)
        self.values = values

    def __str__(self) -> str:
        """One English line with the named objects."""
        return self.line.format(values=self.values, **self.values)


class InvalidRecord(SchedulingError):
    """A field holds a value no shop can have, such as a negative duration."""

    code = "invalid_record"
    line = "{kind} {id}: {field} cannot be {value!r}"


class DuplicateId(SchedulingError):
    """Two records of one kind share an id."""

    code = "duplicate_id"
    line = "{kind} {id} is given twice"


class UnknownReference(SchedulingError):
    """A record names another one that is not there."""

    code = "unknown_reference"
    line = "{kind} {id}: {field} names {missing}, which is not there"


class LinkCycle(SchedulingError):
    """The links lead back to where they started; `path` begins and ends with the same task."""

    code = "link_cycle"
    line = "the links form a cycle: {path}"


class NoMode(SchedulingError):
    """A task names no resource that could do it."""

    code = "no_mode"
    line = "task {task} has no resource that can do it"


class NeverOpen(SchedulingError):
    """No resource of the task is ever open, from now on, together with the pools the task needs."""

    code = "never_open"
    line = "task {task}: {resources} and pools {pools} are never open together from now on"


class NoRoom(SchedulingError):
    """A task that may not pause is longer than every open window."""

    code = "no_room"
    line = "task {task} may not pause and needs {ticks} ticks, the longest open window has {longest}"


class TooMuch(SchedulingError):
    """A task asks for more than the resource or the pool ever has."""

    code = "too_much"
    line = "task {task} asks {asked} of {of}, which has at most {available}"


class PinnedOverlap(SchedulingError):
    """Pinned tasks ask for the same resource at the same time."""

    code = "pinned_overlap"
    line = "pinned tasks {tasks} overlap on {resource}"


class Unplaceable(SchedulingError):
    """A way to plan that leads nowhere; another order of the same work may still be possible."""


class NoWindow(Unplaceable):
    """None of a task's windows can hold it from now on."""

    code = "no_window"
    line = "task {task} fits into none of its windows any more"


class BufferStuck(Unplaceable):
    """A buffer is full of work whose next task waits for more that has to go through the same buffer."""

    code = "buffer_stuck"
    line = "buffer {buffer} cannot take what tasks {tasks} would put there"


class HorizonTooShort(Unplaceable):
    """The calendar ends before the work does and does not repeat."""

    code = "horizon_too_short"
    line = "the calendar of {resource} ends at tick {tick}, before its work is done"


class InvalidJson(SchedulingError):
    """A JSON text does not have the documented form; `path` says where."""

    code = "invalid_json"
    line = "{path}: expected {expected}"


class InvalidInstance(SchedulingError):
    """A benchmark file is truncated or wrong at a line and column, both counted from 1."""

    code = "invalid_instance"
    line = "line {row}, column {column}: {expected}"


class UnknownOrder(SchedulingError):
    """An order is asked for that the problem does not have."""

    code = "unknown_order"
    line = "order {order} is not in this problem"


class PlanIncomplete(SchedulingError):
    """A plan lacks tasks of the problem it is read against."""

    code = "plan_incomplete"
    line = "the plan has no place for task {task}"


class Unverified(SchedulingError):
    """A plan made here breaks a rule of the problem; it is never handed out."""

    code = "unverified"
    line = "the plan breaks the problem: {violations}"
