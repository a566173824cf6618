"""What is kept beside a plan: why orders are late, what moved, what could not be planned."""

from typing import Any

from app.queries.plan_build import station_of
from app.queries.plans import Snapshot
from scheduling import Part, Plan, diff, explain_all, lateness
from scheduling.solve import Result

_MOST_LATE = 200
_MOST_MOVES = 200
_MOST_SHORT = 100
LEAST_SHIFT_MIN = 15  # less is the floor being a little faster or slower, not another plan


def worth(made: Plan) -> dict[str, Any]:
    """What a plan is worth, as plain data."""
    found = made.objective
    return {"weighted_tardiness": found.weighted_tardiness, "late_orders": found.late_orders,
            "makespan_min": found.makespan, "moved": found.moved, "cost": found.cost}  # fmt: skip


def told(snapshot: Snapshot, result: Result, old: Plan | None, ms: int) -> dict[str, Any]:
    """Plain data for the plan's objective: late orders with the chain of reasons, moves, what was left out."""
    moves = _moves(old, result.plan)
    return {
        "status": result.status,
        "ms": ms,
        "moved": len(moves),
        "moves": moves[:_MOST_MOVES],
        "late": _late(snapshot, result.plan),
        "thawed": [int(task) for task in result.thawed],
        "left_out": [
            {"task": one.task, "order": one.order, "reason": one.reason, "ref": one.ref} for one in snapshot.left_out
        ],
        "short": [
            {"task": one.task, "order": one.order, "item": one.item, "quantity": str(one.quantity)}
            for one in snapshot.short[:_MOST_SHORT]
        ],
        "down": [
            {"station": int(hole.resource), "until": snapshot.at(hole.end).isoformat()}
            for hole in snapshot.problem.holes
            if hole.reason == "breakdown"
        ],
    }


def _moves(old: Plan | None, made: Plan) -> list[dict[str, Any]]:
    """Tasks both plans have that stand elsewhere or a quarter of an hour away, the largest shift first."""
    if old is None:
        return []
    found = [
        (move, station_of(move.from_resource), station_of(move.to_resource))
        for move in diff(old, made)
        if move.from_resource is not None and move.to_resource is not None
    ]
    return [
        {"task": int(move.task), "from": was, "to": to, "shift_min": move.shift}
        for move, was, to in found
        if was != to or abs(move.shift) >= LEAST_SHIFT_MIN
    ]


def _late(snapshot: Snapshot, made: Plan) -> list[dict[str, Any]]:
    """Late orders, the latest first, each with the parts its lateness is made of."""
    chains = explain_all(snapshot.problem, made)
    ranked = sorted(lateness(snapshot.problem, made).items(), key=lambda one: (-one[1], int(one[0])))
    return [
        {"order": int(order), "min": late, "chain": [_part(part) for part in chains.get(order, ())]}
        for order, late in ranked[:_MOST_LATE]
    ]


def _part(part: Part) -> dict[str, Any]:
    return {"tag": part.tag, "ref": str(part.ref).lstrip("-"), "min": part.ticks}
