"""OR-Tools on a makespan instance: domains from heads and tails, the best plan as complete hint, and a proof."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from scheduling.chains import Chains, Order, least_times
from scheduling.flexible import tabu_of

LOOK_S = 0.05
Tell = Callable[[str, Any], None]
Stop = Callable[[int], bool]


def prove(
    chains: Chains,
    start: Order,
    length: int,
    bound: int,
    seed: int,
    seconds: float,
    workers: int,
    tell: Tell,
    stop: Stop,
) -> None:
    """Look for shorter orders of work and raise the lower bound until stopped."""
    from ortools.sat.python import cp_model

    model = _Model(chains, start, length, bound)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    solver.best_bound_callback = lambda least: tell("bound", int(least + 1e-6))
    done = Event()

    def watch() -> None:
        while not done.wait(LOOK_S):
            if stop(0):
                solver.stop_search()

    class Listener(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            tell("found", model.order(self))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        status = solver.solve(model.cp, Listener())
    finally:
        done.set()
        watcher.join()
    if status == cp_model.OPTIMAL:
        tell("bound", int(solver.objective_value))
    elif status == cp_model.INFEASIBLE:  # nothing is shorter than what is known
        tell("bound", length)


class _Model:
    """Starts and machines of all operations; everything ends before the known length."""

    def __init__(self, chains: Chains, start: Order, length: int, bound: int) -> None:
        from ortools.sat.python import cp_model

        self.chains, self.cp = chains, cp_model.CpModel()
        head, tail, _ = least_times(chains)
        begins = _begins(chains, start)
        on = {x: machine for machine, row in enumerate(start) for x in row}
        self.start: list[Any] = []
        self.ends: list[Any] = []
        self.used: dict[tuple[int, int], Any] = {}
        held: list[list[Any]] = [[] for _ in range(chains.machines)]
        last = self.cp.new_int_var(bound, length, "")
        self.cp.add_hint(last, length)
        for x, ways in enumerate(chains.ways):
            var = self.cp.new_int_var(head[x], max(head[x], length - tail[x]), "")
            self.cp.add_hint(var, begins[x])
            self.start.append(var)
            ends: list[Any] = []
            for machine, ticks in ways:
                if len(ways) == 1:
                    held[machine].append(self.cp.new_fixed_size_interval_var(var, ticks, ""))
                    ends.append(ticks)
                    continue
                used = self.cp.new_bool_var("")
                self.cp.add_hint(used, on[x] == machine)
                self.used[x, machine] = used
                held[machine].append(self.cp.new_optional_fixed_size_interval_var(var, ticks, used, ""))
                ends.append(ticks * used)
            if len(ways) > 1:
                self.cp.add_exactly_one([self.used[x, machine] for machine, _ in ways])
            self.ends.append(var + sum(ends))
            if chains.succ[x] == chains.count:
                self.cp.add(self.ends[x] <= last)
        for x in range(chains.count):
            after = chains.succ[x]
            if after != chains.count:
                self.cp.add(self.start[after] >= self.ends[x])
        for row in held:
            self.cp.add_no_overlap(row)
        self.cp.minimize(last)

    def order(self, solution: Any) -> Order:
        """The order of work of a solution."""
        rows: Order = [[] for _ in range(self.chains.machines)]
        for x in sorted(range(self.chains.count), key=lambda x: int(solution.value(self.start[x]))):
            ways = self.chains.ways[x]
            if len(ways) == 1:
                rows[ways[0][0]].append(x)
            else:
                rows[next(machine for machine, _ in ways if solution.value(self.used[x, machine]))].append(x)
        return rows


def _begins(chains: Chains, start: Order) -> list[int]:
    """Starts of an order of work, each operation as early as it can."""
    graph = tabu_of(chains, start, 0, lambda _, __: None)
    return [graph.end[x] - graph.ticks[x] for x in range(chains.count)]
