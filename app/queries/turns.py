"""Where an order's process leaves a choice: alternates that could be taken instead, operations that may be skipped."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Operation, Task, TaskLink
from app.states.alternates import Arrow, Choice, Step
from app.states.task import CLOSED

_T, _L, _P = Task.__table__, TaskLink.__table__, Operation.__table__


@dataclass(frozen=True)
class Turn:
    """A task with what can be decided about it: choose, skip or unskip; ``instead`` is the alternate taken now."""

    task: Any
    action: str
    instead: Any | None = None


def turns(store: Store, order_id: int) -> list[Turn]:
    """The choices of an order that is on the floor, in the order of work."""
    columns = (_T.c.id, _T.c.node, _T.c.name, _T.c.name_zh, _T.c.status, _T.c.is_final, _P.c.alternate_group,
               _P.c.is_optional)  # fmt: skip
    query = select(*columns).join(_P, _P.c.id == _T.c.operation_id).where(_T.c.order_id == order_id, _T.c.loop_no == 0)
    tasks = {row.id: row for row in store.execute(query.order_by(_T.c.sequence, _T.c.id))}
    links = list(store.execute(select(_L).where(_L.c.order_id == order_id)))
    skipped = {link.bridges_id for link in links} - {None}
    found = [turn for row in tasks.values() if (turn := _optional(row, skipped)) is not None]
    return found + _alternates(tasks, [link for link in links if link.kind != "return"], skipped)


def _optional(row: Any, skipped: set[int]) -> Turn | None:
    if row.id in skipped:
        return Turn(row, "unskip")
    return Turn(row, "skip") if row.is_optional and not row.is_final and row.status not in CLOSED else None


def _alternates(tasks: dict[int, Any], links: list[Any], skipped: set[int]) -> list[Turn]:
    arrows = [
        Arrow(link.pred_id, link.succ_id, link.alternate_group)
        for link in links if link.pred_id in tasks and link.succ_id in tasks
    ]  # fmt: skip
    steps = [Step(row.id, row.node, row.alternate_group) for row in tasks.values()]
    closed = {link.closed_by_id for link in links}
    taken = {end for link in links if link.is_chosen or link.closed_by_id for end in (link.pred_id, link.succ_id)}
    found = []
    for heads in Choice(steps, arrows).heads.values():
        now_is = next((head for head in heads if head in taken or tasks[head].status != "skipped"), None)  # type: ignore[index]
        others = [head for head in heads if head != now_is and head not in skipped | closed]
        found += [Turn(tasks[head], "choose", tasks.get(now_is)) for head in others]  # type: ignore[index, arg-type]
    return found
