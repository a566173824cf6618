"""What makes a problem impossible before any planning; each refusal names the objects."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from scheduling.errors import DuplicateId, InvalidRecord, LinkCycle, PinnedOverlap, TooMuch, UnknownReference
from scheduling.jobs import Link, Mode, Task
from scheduling.records import Buffer, Calendar, Resource


def unique(kind: str, ids: Iterable[str]) -> None:
    """Refuse an id that is given twice."""
    for name, count in Counter(ids).items():
        if count > 1:
            raise DuplicateId(kind=kind, id=name)


def known(kind: str, name: str, field: str, wanted: str, there: Mapping[str, object]) -> None:
    """Refuse a reference to something that is not there."""
    if wanted not in there:
        raise UnknownReference(kind=kind, id=name, field=field, missing=wanted)


def windows_in_horizon(calendars: Iterable[Calendar], horizon: int) -> None:
    """Refuse windows behind the horizon and a repetition longer than the calendar."""
    for calendar in calendars:
        if calendar.windows and calendar.windows[-1][1] > horizon:
            raise InvalidRecord(kind="calendar", id=calendar.id, field="windows", value=calendar.windows[-1])
        if calendar.repeat and calendar.windows and horizon - calendar.repeat >= calendar.windows[-1][1]:
            raise InvalidRecord(kind="calendar", id=calendar.id, field="repeat", value=calendar.repeat)


def acyclic(tasks: Sequence[Task], links: Sequence[Link]) -> None:
    """Refuse a cycle of links with its path (Kahn's method, then a walk through what is left)."""
    follow: dict[str, list[str]] = defaultdict(list)
    waits = {task.id: 0 for task in tasks}
    for link in links:
        follow[link.pred].append(link.succ)
        waits[link.succ] += 1
    ready = [name for name, count in waits.items() if count == 0]
    for name in ready:
        for succ in follow[name]:
            waits[succ] -= 1
            if waits[succ] == 0:
                ready.append(succ)
    if len(ready) < len(waits):
        raise LinkCycle(path=_cycle({name for name, count in waits.items() if count}, links))


def _cycle(left: set[str], links: Sequence[Link]) -> list[str]:
    """Walk backwards inside what is left: everything there has a predecessor there, so the walk must return."""
    before = {link.succ: link.pred for link in links if link.pred in left and link.succ in left}
    path, seen = [min(left)], set[str]()
    while path[-1] not in seen:
        seen.add(path[-1])
        path.append(before[path[-1]])
    first = path.index(path[-1])
    return path[first:][::-1]


def buffers_hold(links: Iterable[Link], tasks: Iterable[Task], buffers: Mapping[str, Buffer]) -> None:
    """Refuse what one task puts or fetches in one buffer together, when it is more than the buffer holds."""
    asked: dict[tuple[str, str], int] = defaultdict(int)
    put: dict[tuple[str, str], int] = defaultdict(int)
    for link in links:
        if link.buffer is not None:
            asked[link.succ, link.buffer] += link.units
            put[link.pred, link.buffer] += link.units
    for task in tasks:
        for buffer, units in task.stored:
            asked[task.id, buffer] += units
    for (task_id, name), units in [*asked.items(), *put.items()]:
        if units > buffers[name].capacity:
            raise TooMuch(task=task_id, of=name, asked=units, available=buffers[name].capacity)


def pins_apart(tasks: Iterable[Task], resources: Mapping[str, Resource], work: Callable[[Task, Mode], int]) -> None:
    """Refuse pinned tasks that take more of a resource than it has, whatever the calendars add to their length."""
    events: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for task in tasks:
        if task.state != "pinned" or task.fixed_start is None or task.fixed_resource is None:
            continue
        mode = task.mode(task.fixed_resource)
        if mode is None or resources[mode.resource].batching or resources[mode.resource].kind == "outside":
            continue
        if ticks := work(task, mode):
            events[mode.resource].append((task.fixed_start, mode.load, task.id))
            events[mode.resource].append((task.fixed_start + ticks, -mode.load, task.id))
    for name, marks in events.items():
        _sweep(name, sorted(marks, key=lambda mark: mark[:2]), resources[name].capacity)


def _sweep(resource: str, marks: Sequence[tuple[int, int, str]], capacity: int) -> None:
    held: dict[str, int] = {}
    for _, load, task in marks:
        if load < 0:
            held.pop(task, None)
            continue
        held[task] = load
        if sum(held.values()) > capacity:
            raise PinnedOverlap(resource=resource, tasks=sorted(held))
