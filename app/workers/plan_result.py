"""What is kept beside a plan: why orders are late, what moved, what could not be planned."""

from typing import Any

from app.queries.plans import Snapshot
from scheduling import Part, Plan, diff, explain_all, lateness
from scheduling.solve import Result

_MOST_LATE = 200
_MOST_MOVES = 200
LEAST_SHIFT_MIN = 15  # less is the floor being a little faster or slower, not another plan


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
        "down": [
            {"station": int(hole.resource), "until": snapshot.at(hole.end).isoformat()}
            for hole in snapshot.problem.holes
        ],
    }


def _moves(old: Plan | None, made: Plan) -> list[dict[str, Any]]:
    """Tasks both plans have that stand elsewhere or a quarter of an hour away, the largest shift first."""
    if old is None:
        return []
    return [
        {"task": int(move.task), "from": int(move.from_resource), "to": int(move.to_resource), "shift_min": move.shift}
        for move in diff(old, made)
        if move.from_resource is not None
        and move.to_resource is not None
        and (move.from_resource != move.to_resource or abs(move.shift) >= LEAST_SHIFT_MIN)
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
    return {"tag": part.tag, "ref": part.ref, "min": part.ticks}
