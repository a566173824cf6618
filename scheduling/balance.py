"""A fresh start for flexible job shops: machines chosen so that their loads are even, then one list schedule.

Where every operation has many machines, the choice decides more than the order; a search that only moves critical
operations rarely leaves the choice it began with.
"""

import random

from scheduling.chains import Chains, Order

DISLIKE = 0.3  # how much the load a machine has already counts beside an operation's own time


def balanced(chains: Chains, dice: random.Random) -> Order:
    """An order of work with even loads; another one for each state of the dice."""
    chosen = _choice(chains, dice)
    ticks = [dict(ways)[machine] for ways, machine in zip(chains.ways, chosen, strict=True)]
    return _listed(chains, chosen, ticks)


def _choice(chains: Chains, dice: random.Random) -> list[int]:
    """A machine for each operation; single moves no longer lower the sum of squared loads."""
    load, chosen, own = [0] * chains.machines, [0] * chains.count, [0] * chains.count
    for x in dice.sample(range(chains.count), chains.count):
        machine, ticks = min(chains.ways[x], key=lambda way: way[1] + DISLIKE * load[way[0]] + dice.random())
        chosen[x], own[x] = machine, ticks
        load[machine] += ticks
    moved = True
    while moved:
        moved = False
        for x in dice.sample(range(chains.count), chains.count):
            here, mine = chosen[x], own[x]
            gain, best = 0, None
            for machine, ticks in chains.ways[x]:
                change = 2 * ticks * load[machine] + ticks * ticks - 2 * mine * load[here] + mine * mine
                if machine != here and change < gain:
                    gain, best = change, (machine, ticks)
            if best is not None:
                load[here] -= mine
                chosen[x], own[x] = best
                load[best[0]] += best[1]
                moved = True
    return chosen


def _listed(chains: Chains, chosen: list[int], ticks: list[int]) -> Order:
    """The operation that can begin first, of several the one with most work behind it."""
    rest = [0] * (chains.count + 1)
    for x in range(chains.count):
        y = x if chains.succ[x] == chains.count else chains.count
        while y != chains.count:
            rest[y] = ticks[y] + rest[chains.succ[y]]
            y = chains.pred[y]
    since = {x: 0 for x in range(chains.count) if chains.pred[x] == chains.count}
    free: list[int] = [0] * chains.machines
    rows: Order = [[] for _ in range(chains.machines)]
    while since:
        x = min(since, key=lambda y: (max(since[y], free[chosen[y]]), -rest[y], y))
        end = max(since.pop(x), free[chosen[x]]) + ticks[x]
        free[chosen[x]] = end
        rows[chosen[x]].append(x)
        if chains.succ[x] != chains.count:
            since[chains.succ[x]] = end
    return rows
