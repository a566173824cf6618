"""The limit rules as ropes of the model: how full each is now, and which tasks make it longer or shorter."""

from collections import defaultdict

from sqlalchemy import select

from app.events import Store
from app.models import LimitSignal
from app.queries.forecast_left import Left
from app.queries.machines import KnownRule, limit_rules
from app.queries.ropes import backlogs
from devices.flow import Rope


def ropes(store: Store, site_id: int, left: dict[int, Left]) -> list[Rope]:
    """A rope for each rule that is in force."""
    rules = limit_rules(store, site_id)
    if not rules:
        return []
    now = backlogs(store, rules)
    tight = set(store.execute(
        select(LimitSignal.rule_id).where(LimitSignal.site_id == site_id, LimitSignal.cleared_at.is_(None))
    ).scalars())  # fmt: skip
    return [_rope(rule, now.get(rule.id, 0.0), rule.id in tight, left) for rule in rules]


def _rope(rule: KnownRule, now: float, is_tight: bool, left: dict[int, Left]) -> Rope:
    ends = {key: _weight(rule, left, key) for key, one in left.items() if one.row.place == rule.station_id}
    starts: dict[int, float] = defaultdict(float)
    reached = {end for end in ends if _fed(left, end, rule.upstream_id, 1.0, starts, ends[end], set())}
    if not reached:  # no work leads from one to the other: what comes from anywhere counts
        reached = set(ends)
        for end, weight in ends.items():
            for key, ratio in _feeders(left, end):
                starts[key] += weight * ratio
    return Rope(
        f"s{rule.station_id}", rule.high, rule.low, now, {str(key): weight for key, weight in starts.items()},
        {str(key): weight for key, weight in ends.items() if key in reached or not _feeders(left, key)},
        f"s{rule.upstream_id}",
        rule.rate_permille / 1000 if rule.mode == "limit" else 0.0, is_tight,
    )  # fmt: skip


def _fed(
    left: dict[int, Left], key: int, release: int, ratio: float, starts: dict[int, float], weight: float, seen: set[int]
) -> bool:
    """Walk back from a task to the releasing station; gives whether it is reached."""
    found = False
    for pred, part in _feeders(left, key):
        if pred in seen:
            continue
        seen.add(pred)
        if left[pred].row.place == release:
            starts[pred] += weight * ratio * part
            found = True
        elif _fed(left, pred, release, ratio * part, starts, weight, seen):
            found = True
    return found


def _feeders(left: dict[int, Left], key: int) -> list[tuple[int, float]]:
    return [
        (link.pred_id, link.ratio_num / link.ratio_den)
        for links in left[key].inputs.values() for link in links if link.pred_id in left
    ]  # fmt: skip


def _weight(rule: KnownRule, left: dict[int, Left], key: int) -> float:
    row = left[key].row
    return float(row.piece_min) / (row.batch_size or 1) if rule.measure == "minutes" else 1.0
