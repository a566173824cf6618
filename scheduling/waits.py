"""What links and releases say about the earliest start and end of a task, against what is already placed."""

from scheduling.plan import Bound
from scheduling.schedule import Schedule
from scheduling.shop import Shop, Way

Reason = tuple[Bound, str]


def ready(shop: Shop, out: Schedule, task: int) -> tuple[int, Reason]:
    """Earliest start by now, release and the starts links allow, with what says so."""
    since, why = shop.earliest[task], shop.earliest_why[task]
    for pred, link in shop.before[task]:
        if link.kind == "end_end":
            continue
        tick = out.start[pred] if link.kind == "start_start" else out.end[pred]
        if link.overlap is not None:
            tick = batch_out(out, pred, link.overlap)
        if tick + link.lag > since:
            since, why = tick + link.lag, ("lag" if link.lag else "predecessor", link.pred)
    return since, why


def batch_out(out: Schedule, pred: int, overlap: tuple[int, int]) -> int:
    """Tick at which the first transfer batch leaves the predecessor."""
    axis, ticks = out.axis[pred], out.ticks[pred]
    if axis is None or ticks == 0:
        return out.end[pred]
    return axis.end_r(out.end_w[pred] - ticks + share(overlap, ticks))


def end_bound(shop: Shop, out: Schedule, task: int, way: Way) -> tuple[int, str]:
    """Smallest end position the links allow on this way's axis, and the predecessor that says so."""
    bound, ref = 0, ""
    for pred, link in shop.before[task]:
        if link.kind == "end_end" or link.overlap is not None:
            rest = share(link.overlap, way.ticks) if link.overlap else 0
            at = _last_batch(way, out.end[pred] + link.lag, rest)
            if at > bound:
                bound, ref = at, link.pred
    return bound, ref


def _last_batch(way: Way, tick: int, rest: int) -> int:
    """Position at which work may end that has `rest` ticks left at this real tick, or must only not end before."""
    at = way.axis.to_w(tick)
    if rest:
        return at + rest
    return at if way.axis.end_r(at) >= tick else at + 1


def share(overlap: tuple[int, int], ticks: int) -> int:
    """Ticks of the transfer share, rounded up."""
    return -(-overlap[0] * ticks // overlap[1])


def end_at(way: Way, position: int) -> int:
    """Real tick at which work ending at this position is done; what was outside waits for the goods receipt."""
    end = way.axis.end_r(position)
    return end if way.receive is None else way.receive.start_r(way.receive.to_w(end))
