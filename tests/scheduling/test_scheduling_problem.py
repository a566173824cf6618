"""What a problem is: every impossible input is refused naming its objects, every possible one goes to JSON and back."""

from dataclasses import replace
from itertools import pairwise

import pytest
from scheduling_shops import ALWAYS, DAY, cut, form, one, shop

from scheduling import Calendar, Goal, Hole, Link, Mode, Order, Pool, Problem, Resource, Task
from scheduling import errors as refused


def test_a_good_problem_survives_json() -> None:
    problem = shop(
        pools=(Pool("welders", (("day", 2),)),),
        holes=(Hole("saw", 500, 560, "maintenance"),),
        goal=Goal(makespan=3),
        links=(Link("A.cut", "A.form", lag=5, overlap=(2, 10)),),
    )
    again = Problem.from_json(problem.to_json())
    assert again == problem
    assert again.content_hash == problem.content_hash


def test_the_hash_tells_problems_apart() -> None:
    assert shop().content_hash == shop().content_hash
    assert shop().content_hash != shop(now=481).content_hash


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[]", "$"),
        ("{", "$"),
        ('{"now": 0}', "$.horizon"),
        ('{"now": true}', "$.horizon"),
        (shop().to_json().replace('"ticks":120', '"ticks":"x"', 1), "$.tasks[0].modes[0].ticks"),
        (shop().to_json().replace('"due":900', '"dueb":900'), "$.orders[0].dueb"),
        (shop().to_json().replace('"succ":"A.form"', '"succ":"A.form","kind":"later"'), "$.links[0].kind"),
    ],
)
def test_wrong_json_is_refused_with_its_path(text: str, path: str) -> None:
    with pytest.raises(refused.InvalidJson) as caught:
        Problem.from_json(text)
    assert caught.value.values["path"] == path


def test_a_cycle_is_refused_with_its_path() -> None:
    links = (Link("A.cut", "A.form"), Link("A.form", "B.cut"), Link("B.cut", "A.cut"))
    with pytest.raises(refused.LinkCycle) as caught:
        shop(links=links)
    path = caught.value.values["path"]
    assert isinstance(path, list)
    assert path[0] == path[-1]
    assert set(path) == {"A.cut", "A.form", "B.cut"}
    assert {(a, b) for a, b in pairwise(path)} <= {(link.pred, link.succ) for link in links}


def test_a_task_without_mode_is_refused() -> None:
    with pytest.raises(refused.NoMode, match=r"A\.x"):
        Task("A.x", "A", ())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Mode("saw", -1),
        lambda: Mode("saw", 1, preference=-1),
        lambda: Mode("saw", 1, load=0),
        lambda: Link("a", "b", lag=-1),
        lambda: Link("a", "b", overlap=(3, 2)),
        lambda: Link("a", "b", "end_end", overlap=(1, 2)),
        lambda: Resource("saw", "day", capacity=0),
        lambda: Pool("p", (("day", -1),)),
        lambda: Hole("saw", 10, 10),
        lambda: Order("A", weight=-1),
        lambda: Goal(makespan=-1),
        lambda: Calendar("c", ((5, 5),)),
        lambda: Calendar("c", ((5, 9), (8, 12))),
        lambda: Calendar("c", (), repeat=-1),
        lambda: Task("t", "A", (Mode("saw", 1), Mode("saw", 2))),
        lambda: Task("t", "A", (Mode("saw", 1),), state="pinned"),
        lambda: Task("t", "A", (Mode("saw", 1),), state="started", fixed_resource="mill", fixed_start=0),
        lambda: Task("t", "A", (Mode("saw", 1),), remaining=-1),
        lambda: Task("t", "A", (Mode("saw", 1),), needs=(("p", 0),)),
        lambda: shop(tick_s=0),
        lambda: shop(calendars=(Calendar("day", ((480, 2000),)),)),
        lambda: shop(calendars=(Calendar("day", ((480, 500),), repeat=10), ALWAYS)),
        lambda: one(cut("A", state="started", fixed_resource="saw", fixed_start=490)),
    ],
)
def test_values_no_shop_can_have_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(refused.InvalidRecord):
        make()


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"resources": (Resource("saw", "night"),)}, "night"),
        ({"tasks": (replace(cut("A"), modes=(Mode("mill", 5),)),), "links": ()}, "mill"),
        ({"tasks": (cut("Z"),), "links": ()}, "Z"),
        ({"links": (Link("A.cut", "A.paint"),)}, "A.paint"),
        ({"holes": (Hole("mill", 0, 5),)}, "mill"),
        ({"pools": (Pool("p", (("night", 1),)),)}, "night"),
        ({"tasks": (cut("A", needs=(("p", 1),)),), "links": ()}, "p"),
    ],
)
def test_references_to_nothing_are_refused(changes: dict[str, object], missing: str) -> None:
    with pytest.raises(refused.UnknownReference) as caught:
        shop(**changes)
    assert caught.value.values["missing"] == missing


@pytest.mark.parametrize(
    "changes",
    [
        {"calendars": (DAY, ALWAYS, DAY)},
        {"resources": (Resource("saw", "day"),) * 2},
        {"orders": (Order("A"), Order("A"))},
        {"tasks": (cut("A"), cut("A"))},
        {"pools": (Pool("p", ()), Pool("p", ()))},
    ],
)
def test_doubled_ids_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(refused.DuplicateId):
        shop(**changes)


def test_a_resource_that_never_opens_is_refused_only_when_nobody_else_can() -> None:
    closed = (DAY, ALWAYS, Calendar("closed", ()))
    resources = (Resource("saw", "day"), Resource("press1", "closed"), Resource("press2", "day"))
    shop(calendars=closed, resources=resources)
    with pytest.raises(refused.NeverOpen) as caught:
        shop(calendars=closed, resources=(Resource("saw", "closed"), *resources[1:]))
    assert caught.value.values == {"task": "A.cut", "resources": ["saw"], "pools": []}


def test_a_pool_and_a_resource_that_never_meet_are_refused() -> None:
    night = Calendar("night", ((1080, 1440),), repeat=1440)
    with pytest.raises(refused.NeverOpen) as caught:
        one(cut("A", needs=(("p", 1),)), calendars=(DAY, ALWAYS, night), pools=(Pool("p", (("night", 1),)),))
    assert caught.value.values["pools"] == ["p"]


def test_more_people_or_capacity_than_there_are_is_refused() -> None:
    with pytest.raises(refused.TooMuch):
        one(cut("A", needs=(("p", 3),)), pools=(Pool("p", (("day", 2),)),))
    with pytest.raises(refused.TooMuch):
        one(Task("t", "A", (Mode("saw", 5, load=2),)))


def test_work_that_may_not_pause_must_fit_into_a_window() -> None:
    one(Task("t", "A", (Mode("saw", 240),), splittable=False))
    with pytest.raises(refused.NoRoom) as caught:
        one(Task("t", "A", (Mode("saw", 241),), splittable=False))
    assert caught.value.values["longest"] == 240
    always = (Resource("saw", "always"),)
    one(Task("t", "A", (Mode("saw", 9000),), splittable=False), resources=always)


def test_pinned_tasks_that_overlap_are_refused() -> None:
    first = cut("A", state="pinned", fixed_resource="saw", fixed_start=500)
    shop(tasks=(first, cut("B", state="pinned", fixed_resource="saw", fixed_start=620)), links=())
    with pytest.raises(refused.PinnedOverlap) as caught:
        shop(tasks=(first, cut("B", state="pinned", fixed_resource="saw", fixed_start=619)), links=())
    assert caught.value.values == {"resource": "saw", "tasks": ["A.cut", "B.cut"]}


def test_errors_speak_in_codes_and_values() -> None:
    codes = {kind.code for kind in refused.SchedulingError.__subclasses__()}
    assert len(codes) == len(refused.SchedulingError.__subclasses__())
    assert str(refused.NoMode(task="x")) == "task x has no resource that can do it"
    assert form("A").mode("saw") is None
