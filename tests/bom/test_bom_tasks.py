"""Breaking an order down into tasks and links."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from bom.errors import BadQuantity, MissingRouting, NoStation, NotOptional, TooLarge, UnknownItem, UnknownOperation
from bom.explode import Need
from bom.process import Link, LinkKind, LinkType, Operation, ProcessGraph, StationChoice, graph
from bom.structure import BomLine, Structure, Supply
from bom.tasks import BreakDown, Chosen, LinkSpec, MaterialNeed, break_down

TODAY = date(2026, 11, 22)
STATIONS = (StationChoice("S1"), StationChoice("S2", factor=Fraction(2), preference=2))


def line(key: str, parent: str, child: str, quantity: object = 1, **more: object) -> BomLine:
    return BomLine(key, parent, child, quantity, **more)  # type: ignore[arg-type]


def op(key: str, **more: object) -> Operation:
    return Operation(key, key, Fraction(2), **{"stations": STATIONS, **more})  # type: ignore[arg-type]


def chain(*keys: str) -> ProcessGraph:
    return graph([op(key) for key in keys], [Link(*pair) for pair in pairwise(keys)])


def alt(pred: str, succ: str) -> Link:
    return Link(pred, succ, kind=LinkKind.ALTERNATE, alternate_group="g")


FRIDGE = Structure(
    [
        line("d", "fridge", "door", 2, operation="fit", scrap_percent=Decimal(5)),
        line("k", "fridge", "kit", 1, operation="pack"),
        line("c", "fridge", "cabinet"),
        line("b", "kit", "bolt", 4, scrap_percent=Decimal(10)),
        line("l", "kit", "lamp", 1, operation="fit", backflush=False),
        line("g", "door", "gasket", 3, per=2),
        line("s", "cabinet", "sheet", 6),
        line("x", "sheet", "ore", 9),
    ],
    {"kit": Supply.PHANTOM, "sheet": Supply.STOCK, "lamp": Supply.MAKE_TO_ORDER},
)
ROUTINGS = {
    "fridge": chain("weld", "fit", "pack"), "door": chain("press", "hang"), "cabinet": chain("bend"),
    "lamp": chain("wire"),
}  # fmt: skip


def fridge(quantity: int = 10, **more: object) -> BreakDown:
    return break_down(FRIDGE, ROUTINGS, "fridge", quantity, TODAY, **more)  # type: ignore[arg-type]


def between(order: BreakDown, pred: str, succ: str) -> LinkSpec:
    return next(link for link in order.links if (link.pred, link.succ) == (pred, succ))


def test_every_made_item_gives_its_operations_at_its_place() -> None:
    order = fridge()
    assert {task.op_key for task in order.tasks} == {
        "0/weld", "0/fit", "0/pack", "0.d/press", "0.d/hang", "0.c/bend", "0.k.l/wire",
    }  # fmt: skip
    assert [(node.node, node.item, node.level, node.quantity) for node in order.nodes] == [
        ("0", "fridge", 0, 10), ("0.d", "door", 1, 21), ("0.k.l", "lamp", 2, 10), ("0.c", "cabinet", 1, 10),
    ]  # fmt: skip
    assert [task.op_key for task in order.tasks if task.is_final] == ["0/pack"]


def test_tasks_stand_in_an_order_that_can_be_worked() -> None:
    order = fridge()
    place = {task.op_key: task.sequence for task in order.tasks}
    assert sorted(place.values()) == list(range(1, 8))
    assert all(place[link.pred] < place[link.succ] for link in order.links)


def test_a_task_carries_quantity_minutes_stations_and_materials() -> None:
    tasks = {task.op_key: task for task in fridge().tasks}
    assert (tasks["0.d/press"].quantity, tasks["0.d/press"].minutes) == (21, 42)
    assert tasks["0.d/press"].stations == STATIONS
    assert tasks["0.d/press"].materials == (MaterialNeed("g", "gasket", Fraction(3, 2), True, Decimal(0)),)
    assert tasks["0.d/hang"].materials == ()
    assert tasks["0/pack"].materials == (MaterialNeed("k.b", "bolt", Fraction(4), True, Decimal(10)),)
    assert [need.item for need in tasks["0.c/bend"].materials] == ["sheet"]


def test_sub_items_flow_into_the_operation_that_consumes_them() -> None:
    order = fridge()
    assert between(order, "0.d/hang", "0/fit").ratio == Fraction(1, 2)
    assert between(order, "0.d/hang", "0/fit").input_key == "0.d/hang"
    assert between(order, "0.d/hang", "0/fit").line_key == "d"
    assert between(order, "0.c/bend", "0/weld").ratio == 1
    assert between(order, "0.k.l/wire", "0/fit").line_key == "k.l"
    assert len(order.links) == 6


def test_needs_total_what_is_taken_in_after_rounding() -> None:
    assert fridge().needs == (
        Need("door", 1, Fraction(21)), Need("cabinet", 1, Fraction(10)), Need("bolt", 2, Fraction(44)),
        Need("lamp", 2, Fraction(10)), Need("gasket", 2, Fraction(63, 2)), Need("sheet", 2, Fraction(60)),
    )  # fmt: skip


def test_made_quantities_round_up_to_the_decimals_of_their_item() -> None:
    third = Structure([line("1", "A", "B", 1, per=3), line("2", "B", "C", 1)])
    routings = {"A": chain("a"), "B": chain("b")}
    whole = break_down(third, routings, "A", 10, TODAY)
    assert [node.quantity for node in whole.nodes] == [10, 4]
    assert whole.needs[-1] == Need("C", 2, Fraction(4))
    assert between(whole, "0.1/b", "0/a").ratio == 3
    fine = break_down(third, routings, "A", 10, TODAY, decimals={"B": 2})
    assert fine.nodes[1].quantity == Decimal("3.34")


def test_links_inside_an_item_keep_what_they_say() -> None:
    link = Link("a", "b", LinkType.START_START, Fraction(5), Fraction(3))
    order = break_down(Structure([line("1", "A", "C")]), {"A": graph([op("a"), op("b")], [link])}, "A", 1, TODAY)
    assert order.links == (
        LinkSpec(
            "0/a", "0/b", LinkType.START_START, Fraction(5), Fraction(1), Fraction(3), LinkKind.NORMAL, None, "0/a"
        ),
    )


FORKED = graph([op(key) for key in "pabm"], [alt("p", "a"), alt("p", "b"), alt("a", "m"), alt("b", "m")])


def test_alternates_add_up_where_they_meet() -> None:
    order = break_down(Structure([line("1", "A", "C")]), {"A": FORKED}, "A", 1, TODAY)
    assert {link.input_key for link in order.links if link.succ == "0/m"} == {"0|g"}
    assert {link.alternate_group for link in order.links} == {"0|g"}


def test_alternate_ends_of_a_sub_item_add_up_in_the_parent() -> None:
    ends = graph([op(key) for key in "pab"], [alt("p", "a"), alt("p", "b")])
    structure = Structure([line("1", "A", "B"), line("2", "B", "C")])
    order = break_down(structure, {"A": chain("z"), "B": ends}, "A", 1, TODAY)
    into = [link for link in order.links if link.succ == "0/z"]
    assert [(link.kind, link.input_key) for link in into] == [(LinkKind.ALTERNATE, "0.1|g")] * 2


def test_alternate_sources_share_what_comes_and_each_lists_the_material() -> None:
    starts = graph(
        [op("a", alternate_group="g"), op("b", alternate_group="g"), op("m")], [alt("a", "m"), alt("b", "m")]
    )
    structure = Structure([line("1", "A", "B"), line("2", "A", "C"), line("3", "B", "D")])
    order = break_down(structure, {"A": starts, "B": chain("z")}, "A", 1, TODAY)
    fed = [link for link in order.links if link.pred == "0.1/z"]
    assert [(link.succ, link.alternate_group, link.input_key) for link in fed] == [
        ("0/a", "0|g", "0.1/z"), ("0/b", "0|g", "0.1/z"),
    ]  # fmt: skip
    assert [task.op_key for task in order.tasks if task.node == "0" and task.materials] == ["0/a", "0/b"]


def test_a_material_is_taken_once_when_operations_start_side_by_side() -> None:
    starts = graph([op(key) for key in "abm"], [Link("a", "m"), Link("b", "m")])
    order = break_down(Structure([line("1", "A", "C")]), {"A": starts}, "A", 1, TODAY)
    assert [task.op_key for task in order.tasks if task.materials] == ["0/a"]


def test_rework_refills_every_input_of_the_operation_it_returns_to() -> None:
    process = graph([op(key) for key in "sfi"], [Link("s", "f"), Link("f", "i"), Link("i", "f", kind=LinkKind.REWORK)])
    structure = Structure([line("1", "A", "B", 2, operation="f"), line("2", "B", "C")])
    order = break_down(structure, {"A": process, "B": chain("z")}, "A", 4, TODAY)
    back = [link for link in order.links if link.kind is LinkKind.REWORK]
    assert {(link.pred, link.succ, link.ratio) for link in back} == {("0/i", "0/f", Fraction(1))}
    assert {link.input_key for link in back} == {"0/s", "0.1/z"}


def test_rework_to_the_first_operation_refills_what_the_order_gives_it() -> None:
    process = graph([op("a"), op("b")], [Link("a", "b"), Link("b", "a", kind=LinkKind.REWORK)])
    order = break_down(Structure([line("1", "A", "C")]), {"A": process}, "A", 4, TODAY)
    assert [link.input_key for link in order.links if link.kind is LinkKind.REWORK] == ["0/a"]


def test_what_a_skipped_operation_consumes_falls_away_with_it() -> None:
    routing = graph([op("a"), op("b", optional=True)], [Link("a", "b")])
    structure = Structure([line("1", "A", "C", operation="b"), line("2", "A", "D")])
    assert {need.item for need in break_down(structure, {"A": routing}, "A", 1, TODAY).needs} == {"C", "D"}
    without = break_down(structure, {"A": routing}, "A", 1, TODAY, Chosen(skipped={"A": frozenset("b")}))
    assert {need.item for need in without.needs} == {"D"}
    assert [(task.op_key, task.is_final) for task in without.tasks] == [("0/a", True)]
    with pytest.raises(NotOptional):
        break_down(structure, {"A": routing}, "A", 1, TODAY, Chosen(skipped={"A": frozenset("a")}))


def test_a_chosen_alternate_changes_what_is_made() -> None:
    structure = Structure([
        line("1", "A", "B", alternate_group="g"), line("2", "A", "C", alternate_group="g", priority=2),
        line("3", "B", "D"),
    ])  # fmt: skip
    routings = {"A": chain("a"), "B": chain("b")}
    assert len(break_down(structure, routings, "A", 1, TODAY).tasks) == 2
    assert len(break_down(structure, routings, "A", 1, TODAY, Chosen(lines={("A", "g"): "2"})).tasks) == 1


def test_keys_with_dots_and_bars_stay_apart() -> None:
    structure = Structure([line("1.2", "A", "B"), line("1", "A", "C"), line("2", "C", "B"), line("z", "B", "D")])
    order = break_down(structure, {"A": chain("a"), "B": chain("b/c"), "C": chain("c")}, "A", 1, TODAY)
    assert {node.node for node in order.nodes} == {"0", "0.1%2E2", "0.1", "0.1.2"}
    assert len({task.op_key for task in order.tasks}) == len(order.tasks) == 4


def test_what_cannot_be_made_is_refused_by_name() -> None:
    with pytest.raises(MissingRouting) as missing:
        break_down(FRIDGE, {**ROUTINGS, "door": graph([], [])}, "fridge", 1, TODAY)
    assert missing.value.values["item"] == "door"
    with pytest.raises(NoStation) as homeless:
        break_down(FRIDGE, {**ROUTINGS, "lamp": graph([op("wire", stations=())], [])}, "fridge", 1, TODAY)
    assert homeless.value.values == {"item": "lamp", "operation": "wire"}
    with pytest.raises(UnknownOperation) as unknown:
        break_down(FRIDGE, {**ROUTINGS, "fridge": chain("weld", "pack")}, "fridge", 1, TODAY)
    assert unknown.value.values["operation"] == "fit"
    with pytest.raises(UnknownItem):
        break_down(FRIDGE, ROUTINGS, "bicycle", 1, TODAY)
    for quantity in (0, -1, Decimal("NaN")):
        with pytest.raises(BadQuantity):
            break_down(FRIDGE, ROUTINGS, "fridge", quantity, TODAY)


def test_an_order_of_a_million_places_is_refused_before_it_fills_the_memory() -> None:
    twice = [line(f"{at}{side}", str(at), str(at + 1)) for at in range(20) for side in "ab"]
    with pytest.raises(TooLarge):
        break_down(Structure(twice), {}, "0", 1, TODAY)


def test_the_snapshot_is_plain_and_its_hash_follows_the_content() -> None:
    order = fridge()
    assert json.loads(json.dumps(order.snapshot())) == order.snapshot()
    assert order.content_hash == fridge().content_hash
    assert order.content_hash != fridge(11).content_hash
    renamed = {**ROUTINGS, "cabinet": graph([replace(op("bend"), name="fold")], [])}
    assert break_down(FRIDGE, renamed, "fridge", 10, TODAY).content_hash != order.content_hash
    same = break_down(FRIDGE, ROUTINGS, "fridge", Decimal("10.00"), TODAY)
    assert same.content_hash == order.content_hash
