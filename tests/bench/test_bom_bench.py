"""How fast the room is, beside the same jobs done with networkx. Figures are told, never asserted.

The structure has 10 levels, 10 000 items and 50 000 lines with shared subassemblies.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count

import networkx as nx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bom.aggregate import aggregated
from bom.explode import requirements
from bom.process import Link, Operation, StationChoice, graph
from bom.structure import BomLine, Structure
from bom.tasks import break_down
from bom.where_used import where_used

pytestmark = pytest.mark.bench
TODAY = date(2026, 11, 22)
LEVELS, WIDTH, EDGES = 10, 1000, 50_000
TOP, LEAF = "0-0", "9-0"


def drawn(decimal: bool) -> list[BomLine]:
    """Lines from each level to a deeper one, mostly the next; `decimal` adds tenths and scrap."""
    random_source = random.Random(7)
    pairs: dict[tuple[str, str], None] = {(TOP, f"1-{at}"): None for at in range(8)}
    while len(pairs) < EDGES:
        level = random_source.randrange(LEVELS - 1)
        below = level + 1 if random_source.random() < 0.8 else random_source.randrange(level + 1, LEVELS)
        pairs[f"{level}-{random_source.randrange(WIDTH)}", f"{below}-{random_source.randrange(WIDTH)}"] = None
    quantity = (lambda: Fraction(random_source.randint(1, 40), 10)) if decimal else (
        lambda: Fraction(random_source.randint(1, 4))
    )  # fmt: skip
    scrap = Decimal("2.5") if decimal else Decimal(0)
    return [BomLine(str(at), *pair, quantity(), scrap_percent=scrap) for at, pair in enumerate(pairs)]


@pytest.fixture(scope="module", params=["whole", "decimal"])
def structure(request: pytest.FixtureRequest) -> Structure:
    return Structure(drawn(request.param == "decimal"))


@pytest.fixture(scope="module")
def plain() -> Structure:
    return Structure(drawn(False))


def digraph(structure: Structure) -> nx.DiGraph[str]:
    made: nx.DiGraph[str] = nx.DiGraph()
    for line in structure.lines:
        made.add_edge(line.parent, line.child, quantity=line.gross)
    return made


def exploded(whole: nx.DiGraph[str], root: str) -> dict[str, Fraction]:
    """The plain way: cut out what lies below, sort it, roll fractions down."""
    below = whole.subgraph(nx.descendants(whole, root) | {root})
    totals = dict.fromkeys(below, Fraction(0))
    totals[root] = Fraction(1)
    for parent in nx.topological_sort(below):
        for child, edge in below[parent].items():
            totals[child] += totals[parent] * edge["quantity"]
    del totals[root]
    return totals


@pytest.mark.benchmark(group="explode")
def test_explode(benchmark: BenchmarkFixture, structure: Structure) -> None:
    requirements(structure, TOP, 1, TODAY)
    needs = benchmark(requirements, structure, TOP, 1, TODAY)
    assert {need.item: need.quantity for need in needs} == exploded(digraph(structure), TOP)


@pytest.mark.benchmark(group="explode")
def test_explode_a_root_for_the_first_time(benchmark: BenchmarkFixture, structure: Structure) -> None:
    """As above, but what one piece needs is not known yet."""
    view = structure.on(TODAY)
    benchmark.pedantic(requirements, (structure, TOP, 1, TODAY), setup=view.pieces.clear, rounds=30)


@pytest.mark.benchmark(group="1000 roots")
def test_aggregated_needs(benchmark: BenchmarkFixture, structure: Structure) -> None:
    demands = {f"0-{at}": 1 for at in range(WIDTH)} | {f"1-{at}": 1 for at in range(8)}
    demands = {item: 1 for item in demands if item in set(structure.items)}
    assert len(demands) > 900
    needs = benchmark(aggregated, structure, demands, TODAY)
    assert len(needs) > 8_000


@pytest.mark.benchmark(group="explode")
def test_explode_networkx(benchmark: BenchmarkFixture, structure: Structure) -> None:
    benchmark.pedantic(exploded, (digraph(structure), TOP), rounds=5)


@pytest.mark.benchmark(group="where used")
def test_where_used(benchmark: BenchmarkFixture, plain: Structure) -> None:
    where_used(plain, LEAF, TODAY)
    uses = benchmark(where_used, plain, LEAF, TODAY)
    assert {use.item for use in uses} == nx.ancestors(digraph(plain), LEAF)


@pytest.mark.benchmark(group="where used")
def test_where_used_networkx(benchmark: BenchmarkFixture, plain: Structure) -> None:
    benchmark(nx.ancestors, digraph(plain), LEAF)


def below_top(structure: Structure) -> list[str]:
    return [need.item for need in requirements(structure, TOP, 1, TODAY)]


def closing(structure: Structure) -> BomLine:
    return BomLine("new", below_top(structure)[-1], TOP, Fraction(1))


def walking(structure: Structure) -> BomLine:
    """A line that closes nothing, but whose parent stands last: everything below the child is walked."""
    free = set(structure.items) - set(below_top(structure)) - {TOP}
    place = structure.on(TODAY).position
    return BomLine("new", max(free, key=lambda item: place[item]), TOP, Fraction(1))


@pytest.mark.benchmark(group="cycle on insert")
@pytest.mark.parametrize("line", [closing, walking])
def test_cycle_on_insert(benchmark: BenchmarkFixture, plain: Structure, line: Callable[[Structure], BomLine]) -> None:
    new = line(plain)
    path = benchmark(plain.loop_with, new)
    assert bool(path) == nx.has_path(digraph(plain), new.child, new.parent)


@pytest.mark.benchmark(group="cycle on insert")
def test_cycle_on_insert_networkx(benchmark: BenchmarkFixture, plain: Structure) -> None:
    """The closing line; networkx searches from both ends."""
    benchmark(nx.shortest_path, digraph(plain), TOP, below_top(plain)[-1])


@pytest.mark.benchmark(group="build and first explosion")
def test_build_and_first_explosion(benchmark: BenchmarkFixture) -> None:
    lines = drawn(False)
    benchmark.pedantic(lambda: requirements(Structure(lines), TOP, 1, TODAY), rounds=3)


def order() -> tuple[Structure, dict[str, object]]:
    """An order of 50 lines over 3 levels: 12 made items of 5 operations each, the rest bought."""
    keys: Iterator[int] = count(1)
    pairs = [("top", f"m{at}") for at in range(3)] + [(f"m{at % 3}", f"n{at}") for at in range(8)]
    made = ["top", *(child for _, child in pairs)]
    pairs += [(made[at % len(made)], f"bought{at}") for at in range(39)]
    lines = [BomLine(str(next(keys)), *pair, Fraction(2)) for pair in pairs]
    operations = [Operation(f"{at}0", "", Fraction(3, 2), stations=(StationChoice("S"),)) for at in range(5)]
    pairs = [("00", "10"), ("00", "20"), ("10", "30"), ("20", "30"), ("30", "40"), ("00", "30"), ("20", "40")]
    routing = graph(operations, [Link(*pair) for pair in pairs])
    return Structure(lines), dict.fromkeys(made, routing)


@pytest.mark.benchmark(group="break down")
def test_break_down(benchmark: BenchmarkFixture) -> None:
    structure, routings = order()
    done = benchmark(break_down, structure, routings, "top", 10, TODAY)
    assert (len(structure.lines), len(done.tasks)) == (50, 60)


@pytest.mark.benchmark(group="break down")
def test_snapshot_and_hash(benchmark: BenchmarkFixture) -> None:
    structure, routings = order()
    done = break_down(structure, routings, "top", 10, TODAY)
    benchmark(lambda: (done.__dict__.pop("content_hash", None), done.content_hash))
