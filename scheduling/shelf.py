"""A limited buffer in real time: what lies there until it is fetched, and what is put there and not yet fetched."""

FOREVER = 1 << 60


class Shelf:
    """Units of one buffer by time; what nobody is planned to fetch yet lies there for ever."""

    __slots__ = ("capacity", "lying")

    def __init__(self, capacity: int) -> None:
        """An empty buffer."""
        self.capacity = capacity
        self.lying: dict[tuple[int, int], tuple[int, int, int]] = {}  # (pred, succ) → since, until, units

    def put(self, pred: int, succ: int, since: int, units: int) -> None:
        """Something lies here from now on."""
        self.lying[pred, succ] = (since, FOREVER, units)

    def fetch(self, pred: int, succ: int, tick: int) -> None:
        """The successor takes it at this tick."""
        since, _, units = self.lying[pred, succ]
        self.lying[pred, succ] = (since, tick, units)

    def room_from(self, units: int) -> int | None:
        """The tick from which so many units find room for ever; None while nobody fetches enough."""
        used, changes = 0, dict[int, int]()
        for _, until, held in self.lying.values():
            used += held
            if until < FOREVER:
                changes[until] = changes.get(until, 0) + held
        if used + units <= self.capacity:
            return -FOREVER
        for tick in sorted(changes):
            used -= changes[tick]
            if used + units <= self.capacity:
                return tick
        return None

    def overfull(self, facts: set[int]) -> list[tuple[int, int]]:
        """The (pred, succ) that lie here when it is too full, as far as not only facts are to blame."""
        edges = [(since, 1, key) for key, (since, until, _) in self.lying.items() if until > since]
        edges += [(until, 0, key) for key, (since, until, _) in self.lying.items() if until > since]
        here, used = set[tuple[int, int]](), 0
        for _, kind, key in sorted(edges):
            used += self.lying[key][2] if kind else -self.lying[key][2]
            (here.add if kind else here.discard)(key)
            if used > self.capacity and any(pred not in facts for pred, _ in here):
                return sorted(here)
        return []
