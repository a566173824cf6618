"""Tabu search for the flexible job shop: blocks are reordered as in the job shop, critical operations change machine.

Where an operation goes on another machine is bounded by the operations that must stay ahead of it and behind it
(Mastrolilli and Gambardella 2000); heads and tails of the present graph stand in for those without the operation, and
the exact ones are computed for the chosen move only.
"""

from scheduling.balance import balanced
from scheduling.chains import Chains, Order
from scheduling.tabu import FAR, Found, Tabu

SHOVES = (2, 8)  # operations put on a random machine when an elite plan is taken up again
FRESH = 0.4  # share of the restarts that begin anew
Transfer = tuple[int, int, int, int]  # operation, machine, place in its row, ticks there


class FlexibleTabu(Tabu):
    """A graph whose operations also change their machines."""

    def __init__(self, chains: Chains, start: Order, seed: int, found: Found) -> None:
        """Begin with an order of work; the machine of an operation is the row it stands in."""
        self.others = [dict(ways) for ways in chains.ways]
        super().__init__(chains, start, seed, found)
        self.banned = [[0] * chains.machines for _ in range(self.count)]

    def _load(self, sequences: Order) -> None:
        self.rows = [list(row) for row in sequences]
        for machine, row in enumerate(self.rows):
            for x in row:
                self.machine[x], self.ticks[x] = machine, self.others[x][machine]
        super()._load(sequences)

    def _save(self) -> Order:
        return [list(row) for row in self.rows]

    def _restart(self) -> None:
        """An elite plan shaken, its machines too; or now and then a fresh start with even loads."""
        super()._restart()
        self.banned = [[0] * self.chains.machines for _ in range(self.count)]
        if self.dice.random() < FRESH:
            self._load(balanced(self.chains, self.dice))
            return
        for _ in range(self.dice.randint(*SHOVES)):
            self._shove(self._path(), 0)

    def _apply(self, seg: list[int], new: list[int]) -> None:
        row = self.rows[self.machine[seg[0]]]
        at = row.index(seg[0])
        row[at : at + len(new)] = new
        super()._apply(seg, new)

    def _step(self, move: int) -> bool:
        """The best of all reorderings and all changes of machine that are not tabu."""
        path = self._path()
        moves = self._moves(path)
        value, best = self._best_move(moves, move)
        worth, transfer = self._best_transfer(path, move, value)
        if transfer is not None and (worth < value or best is None or self.dice.random() < 0.5):
            if self._transfer(*transfer, move, len(path)):
                return True
            if best is None and not moves:
                return True
        if best is None:
            if not moves:
                return self._shove(path, move)
            best = moves[int(self.dice.random() * len(moves))]
        self._forbid(*best, move)
        self._apply(*best)
        return True

    def _shove(self, path: list[int], move: int) -> bool:
        """Nothing is allowed: any operation of the path to any other machine that can do it."""
        able = [x for x in path if len(self.others[x]) > 1]
        if not able:
            return False
        x = self.dice.choice(able)
        machine = self.dice.choice([on for on in self.others[x] if on != self.machine[x]])
        places = self._places(x, machine)
        self._transfer(x, machine, self.dice.choice(places), self.others[x][machine], move, len(path))
        return True

    def _places(self, x: int, machine: int) -> range:
        """Places in the row of a machine between what must stay ahead of the operation and what behind."""
        end, tail, row = self.end, self.tail, self.rows[machine]
        since, rest = end[self.job_pred[x]], tail[self.job_succ[x]]
        low, high = 0, len(row)
        while low < high:
            mid = (low + high) // 2
            if end[row[mid]] > since:
                high = mid
            else:
                low = mid + 1
        late, low, high = low, 0, len(row)
        while low < high:
            mid = (low + high) // 2
            if tail[row[mid]] > rest:
                low = mid + 1
            else:
                high = mid
        if low <= late:  # between them stands nothing that matters: one place is as good as another
            middle = (low + late) // 2
            return range(middle, middle + 1)
        return range(late, low + 1)

    def _best_transfer(self, path: list[int], move: int, most: int) -> tuple[int, Transfer | None]:
        """The change of machine with the smallest estimate, if it is not above `most`."""
        end, tail, jp, js = self.end, self.tail, self.job_pred, self.job_succ
        value, best, ties, dice, rows = most, None, 1, self.dice.random, self.rows
        for x in path:
            ways = self.others[x]
            if len(ways) < 2:
                continue
            on, since, rest, banned = self.machine[x], end[jp[x]], tail[js[x]], self.banned[x]
            for machine, ticks in ways.items():
                if machine == on or since + ticks + rest > value:
                    continue
                tabu = banned[machine] > move
                row = rows[machine]
                for place in self._places(x, machine):
                    a = end[row[place - 1]] if place else 0
                    b = tail[row[place]] if place < len(row) else 0
                    worth = (a if a > since else since) + ticks + (b if b > rest else rest)
                    if worth > value or (tabu and worth >= self.best):
                        continue
                    if worth < value or best is None:
                        value, best, ties = worth, (x, machine, place, ticks), 1
                    else:
                        ties += 1
                        if dice() * ties < 1:
                            best = (x, machine, place, ticks)
        return (value, best) if best is not None else (FAR, None)

    def _transfer(self, x: int, machine: int, place: int, ticks: int, move: int, spread: int) -> bool:
        """Put an operation on another machine; False, with nothing changed, when that would close a cycle."""
        order, none, row = self.order, self.count, self.rows[machine]
        before = row[place - 1] if place else none
        after = row[place] if place < len(row) else none
        at = order.index(x)
        del order[at]
        window = self._open(x, before, after)
        if window is None:
            order.insert(at, x)
            return False
        old = self.machine[x]
        self.rows[old].remove(x)
        self._unlink(x)
        row.insert(place, x)
        self.pred[x], self.succ[x] = before, after
        self.succ[before], self.pred[after] = x, x
        self.succ[none] = self.pred[none] = none
        self.machine[x], self.ticks[x] = machine, ticks
        self.banned[x][old] = move + spread // 2 + len(self.others[x]) + self.dice.randint(0, 8)
        self._forward(min(at, window[0]))
        self._backward(max(at, window[1]) + 1)
        return True

    def _unlink(self, x: int) -> None:
        before, after = self.pred[x], self.succ[x]
        self.succ[before], self.pred[after] = after, before
        self.succ[self.count] = self.pred[self.count] = self.count

    def _open(self, x: int, before: int, after: int) -> tuple[int, int] | None:
        """Put the operation into the order behind what must precede it; gives the stretch that changed."""
        order, none = self.order, self.count
        ahead = [order.index(y) for y in (self.job_pred[x], before) if y != none]
        behind = [order.index(y) for y in (self.job_succ[x], after) if y != none]
        low, high = max(ahead, default=-1), min(behind, default=len(order))
        if low < high:
            order.insert(low + 1, x)
            return low + 1, low + 1
        window, needed = order[high : low + 1], {y for y in (self.job_pred[x], before) if y != none}
        jp, pred = self.job_pred, self.pred
        for y in reversed(window):
            if y in needed:
                needed.add(jp[y])
                needed.add(pred[y] if pred[y] != x else pred[x])  # x itself has left its machine
        needed.discard(none)
        if self.job_succ[x] in needed or after in needed:
            return None
        front = [y for y in window if y in needed]
        order[high : low + 1] = [*front, x, *(y for y in window if y not in needed)]
        return high, low + 1


def tabu_of(chains: Chains, start: Order, seed: int, found: Found) -> Tabu:
    """The tabu search that fits the instance."""
    return (FlexibleTabu if chains.flexible else Tabu)(chains, start, seed, found)
