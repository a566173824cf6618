"""Tabu search on the critical path of a job shop, each operation on its one machine.

Neighbourhood N6 (Balas and Vazacopoulos 1998): inside a block of the critical path one operation moves right behind
its last or right before its first, as far as heads and tails prove that no cycle can arise; moves are ranked by
re-estimating only the moved stretch (Taillard 1994). Lists instead of arrays: plain Python reads them faster.
"""

import random
from collections.abc import Callable
from itertools import pairwise

from scheduling.chains import Chains, Order

RESTART = 3000  # moves without a better plan before an elite plan is taken up again
ELITE = 8
FAR = 1 << 60


Found = Callable[[int, Order], None]
Stop = Callable[[int], bool]
Move = tuple[list[int], list[int]]  # a stretch of one machine as it is, and as it would be


class Tabu:
    """The disjunctive graph: job and machine neighbours, ends (head and work), tails (work and what follows)."""

    def __init__(self, chains: Chains, start: Order, seed: int, found: Found) -> None:
        """Begin with an order of work; every better one goes to `found(length, order)`."""
        self.dice, self.found, self.chains = random.Random(seed), found, chains
        self.count = chains.count
        self.machine = [ways[0][0] for ways in chains.ways]
        self.ticks = [ways[0][1] for ways in chains.ways] + [0]
        self.job_pred, self.job_succ = chains.pred, chains.succ
        self._load(start)
        self.until = [[0] * (self.count + 1) for _ in range(self.count)]  # tabu: x before y, until this move
        self.best = self.length
        self.elite = [(self.length, self._save())]
        jobs, machines = sum(pred == self.count for pred in chains.pred[:-1]), max(1, len(start))
        low = 10 + jobs / machines
        self.tenure = (int(low), int(1.5 * low + 0.5 * jobs / machines + 4))

    def _load(self, sequences: Order) -> None:
        """Take up an order of work: neighbours on the machines, a topological order, ends and tails."""
        none = self.count
        self.pred, self.succ = [none] * (none + 1), [none] * (none + 1)
        for row in sequences:
            for before, after in pairwise(row):
                self.succ[before], self.pred[after] = after, before
        self.order = self._topological()
        self.end, self.tail = [0] * (none + 1), [0] * (none + 1)
        self._forward(0)
        self._backward(none)

    def _topological(self) -> list[int]:
        none = self.count
        waits = [(self.job_pred[x] != none) + (self.pred[x] != none) for x in range(none)]
        order = [x for x in range(none) if waits[x] == 0]
        for x in order:
            for y in (self.job_succ[x], self.succ[x]):
                if y != none:
                    waits[y] -= 1
                    if waits[y] == 0:
                        order.append(y)
        return order

    def _forward(self, low: int) -> None:
        end, ticks, jp, mp = self.end, self.ticks, self.job_pred, self.pred
        for x in self.order[low:]:
            a, b = end[jp[x]], end[mp[x]]
            end[x] = (a if a > b else b) + ticks[x]
        self.length = max(end)

    def _backward(self, high: int) -> None:
        tail, ticks, js, ms = self.tail, self.ticks, self.job_succ, self.succ
        for x in self.order[high - 1 :: -1] if high else ():
            a, b = tail[js[x]], tail[ms[x]]
            tail[x] = (a if a > b else b) + ticks[x]

    def _save(self) -> Order:
        """The sequences of the machines."""
        rows: Order = [[] for _ in range(self.chains.machines)]
        for x in self.order:
            rows[self.machine[x]].append(x)
        return rows

    def run(self, stop: Stop, bound: int = 0) -> int:
        """Move until `stop(moves)` or the bound is reached; gives the moves made."""
        moves, last = 0, 0
        while self.best > bound and not (moves % 16 == 0 and stop(moves)):
            moves += 1
            if not self._step(moves):
                break
            if self.length < self.best:
                self.best, last = self.length, moves
                kept = self._save()
                self.elite = [*self.elite[-ELITE + 1 :], (self.best, kept)]
                self.found(self.best, kept)
            elif moves - last > RESTART:
                last = moves
                self._restart()
        return moves

    def _restart(self) -> None:
        """Take up an elite plan again and shake it by a few random moves of its critical path."""
        self._load(self.dice.choice(self.elite)[1])
        self.until = [[0] * (self.count + 1) for _ in range(self.count)]
        for _ in range(self.dice.randint(3, 12)):
            moves = self._moves(self._path())
            if moves:
                self._apply(*self.dice.choice(moves))

    def _path(self) -> list[int]:
        """A critical path, at random where it forks."""
        end, ticks, jp, mp, none, dice = self.end, self.ticks, self.job_pred, self.pred, self.count, self.dice.random
        length = self.length
        ends = [x for x, value in enumerate(end) if value == length and x != none]
        x = ends[0] if len(ends) == 1 else ends[int(dice() * len(ends))]
        path = []
        while x != none:
            path.append(x)
            begun = end[x] - ticks[x]
            if begun == 0:
                break
            a, b = jp[x], mp[x]
            by_machine, by_job = end[b] == begun and b != none, end[a] == begun and a != none
            x = b if by_machine and not (by_job and dice() < 0.5) else a
        path.reverse()
        return path

    def _moves(self, path: list[int]) -> list[Move]:
        """(stretch as it is, stretch as it would be) for every move that cannot close a cycle."""
        machine, end, tail, js, jp, none = self.machine, self.end, self.tail, self.job_succ, self.job_pred, self.count
        out, count, i = [], len(path), 0
        while i < count:
            on, j = machine[path[i]], i + 1
            while j < count and machine[path[j]] == on:
                j += 1
            if j - i > 1:
                block = path[i:j]
                first, last = block[0], block[-1]
                limit = tail[last]
                for z in range(j - i - 1):
                    u = block[z]
                    s = js[u]
                    if s == none or (s != last and limit >= tail[s]):
                        seg = block[z:]
                        out.append((seg, [*seg[1:], u]))
                limit = end[first]
                for z in range(1, j - i):
                    v = block[z]
                    p = jp[v]
                    if j - i > 2 and (p == none or (p != first and limit >= end[p])):
                        seg = block[: z + 1]
                        out.append((seg, [v, *seg[:-1]]))
            i = j
        return out

    def _estimate(self, seg: list[int], new: list[int]) -> int:
        """A lower estimate of the longest path through the moved stretch."""
        end, tail, ticks, jp, js = self.end, self.tail, self.ticks, self.job_pred, self.job_succ
        e = end[self.pred[seg[0]]]
        ends = []
        for x in new:
            h = end[jp[x]]
            e = (h if h > e else e) + ticks[x]
            ends.append(e)
        t, worst = tail[self.succ[seg[-1]]], 0
        for x in reversed(new):
            h = tail[js[x]]
            t = max(t, h)
            through = ends.pop() + t
            worst = max(worst, through)
            t += ticks[x]
        return worst

    def _step(self, move: int) -> bool:
        """Make the best move that is not tabu (or beats everything so far); False when there is none at all."""
        moves = self._moves(self._path())
        if not moves:
            return False
        _, best = self._best_move(moves, move)
        if best is None:
            best = moves[int(self.dice.random() * len(moves))]
        self._forbid(*best, move)
        self._apply(*best)
        return True

    def _best_move(self, moves: list[Move], move: int) -> tuple[int, Move | None]:
        """The move with the smallest estimate, ties at random, and that estimate."""
        best, value, ties, until, dice = None, FAR, 1, self.until, self.dice.random
        for seg, new in moves:
            worth = self._estimate(seg, new)
            if worth > value:
                continue
            if new[-1] == seg[0]:  # seg[0] went behind the others: tabu while one of them has to stay behind it
                u = seg[0]
                tabu = any([until[y][u] > move for y in seg[1:]])  # noqa: C419  (twice as fast)
            else:
                row = until[new[0]]
                tabu = any([row[y] > move for y in seg[:-1]])  # noqa: C419
            if tabu and worth >= self.best:
                continue
            if worth < value:
                value, best, ties = worth, (seg, new), 1
            else:
                ties += 1
                if dice() * ties < 1:
                    best = (seg, new)
        return value, best

    def _forbid(self, seg: list[int], new: list[int], move: int) -> None:
        """The pairs that changed places must not change back for a while."""
        until, held = self.until, move + self.dice.randint(*self.tenure)
        if new[-1] == seg[0]:
            row = until[seg[0]]
            for y in seg[1:]:
                row[y] = held
        else:
            for y in seg[:-1]:
                until[y][new[0]] = held

    def _apply(self, seg: list[int], new: list[int]) -> None:
        """Put the stretch in its new order and mend the topological order between its ends."""
        pred, succ, order, none = self.pred, self.succ, self.order, self.count
        before, after = pred[seg[0]], succ[seg[-1]]
        for x in new:
            pred[x] = before
            succ[before] = x
            before = x
        succ[before] = after
        pred[after] = before
        succ[none] = pred[none] = none
        low = order.index(seg[0])
        high = order.index(seg[-1], low) + 1
        self._mend(low, high, seg, new)
        self._forward(low)
        self._backward(high)

    def _mend(self, low: int, high: int, seg: list[int], new: list[int]) -> None:
        """Inside the window only what hangs on the moved operation changes its side."""
        order, js, succ = self.order, self.job_succ, self.succ
        window = order[low:high]
        if new[-1] == seg[0]:  # moved behind: it and what follows it in the window go to the end
            behind = {seg[0]}
            for x in window:
                if x in behind:
                    behind.add(js[x])
                    behind.add(succ[x])
            front = [x for x in window if x not in behind]
            back = [x for x in window if x in behind]
        else:
            front, back = self._front(window, new[0])
        order[low:high] = front + back

    def _front(self, window: list[int], moved: int) -> tuple[list[int], list[int]]:
        jp, pred = self.job_pred, self.pred
        ahead = {moved}
        for x in reversed(window):
            if x in ahead:
                ahead.add(jp[x])
                ahead.add(pred[x])
        return [x for x in window if x in ahead], [x for x in window if x not in ahead]
