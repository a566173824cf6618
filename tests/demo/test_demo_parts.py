"""The small parts of the simulated operators: chance by seed, what is taken up, the files, the scaled copy."""

import random
import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import ROOT
from app.demo import files, scaled, scene
from app.demo.chance import for_place, outcome, stretched
from app.demo.choosing import allowed, choose, left, operation
from app.demo.jam import reasons
from app.demo.once import level
from app.demo.told import Course, Failed, Step

FACTORY = ROOT / "app" / "demo" / "factory"
NOW = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)
REASONS = {"scrap": ["W01", "L01"], "rework": ["R01"]}


def task(number: int = 1, available: str = "4", **more: Any) -> dict[str, Any]:
    plain = {"id": number, "operation": "0.10/foam", "available": available, "good": "0", "scrap": "0", "rework": "0",
             "station": None, "skill": None}  # fmt: skip
    return plain | more


def course_of(seed: int, pieces: int = 400, operation: str = "leak", is_unit: bool = False) -> list[str]:
    rng = for_place(seed, "LK-1")
    return [outcome(rng, operation, is_unit, REASONS).kind for _ in range(pieces)]


def test_a_seed_fixes_the_course_and_another_changes_it() -> None:
    assert course_of(1) == course_of(1)
    assert course_of(1) != course_of(2)
    assert for_place(1, "LK-1").random() != for_place(1, "LK-2").random()


def test_rework_happens_at_the_leak_test_only() -> None:
    assert set(course_of(1)) == {"good", "scrap", "rework"}
    assert set(course_of(1, operation="press")) == {"good", "scrap"}


def test_whole_units_are_hardly_ever_scrapped() -> None:
    assert course_of(1, 2000, "press", is_unit=True).count("scrap") < course_of(1, 2000, "press").count("scrap")


def test_people_take_a_little_more_or_less() -> None:
    rng = random.Random(1)
    drawn = [stretched(rng, 10) for _ in range(200)]
    assert min(drawn) >= 6
    assert max(drawn) <= 20


def test_what_was_begun_elsewhere_stays_there() -> None:
    assert choose([task(station="FM-2")], "FM-1", {}, (), (), helps=True) is None


def test_the_plan_is_followed_and_idle_people_help() -> None:
    queue = [task(1), task(2)]
    assert choose(queue, "FM-1", {1: "FM-2", 2: "FM-1"}, (), (), helps=True) == queue[1]
    assert choose(queue[:1], "FM-1", {1: "FM-2"}, (), (), helps=False) is None
    assert choose(queue[:1], "FM-1", {1: "FM-2"}, (), (), helps=True) == queue[0]


@pytest.mark.parametrize("hindered", [{"available": "0"}, {"good": "4"}, {"skill": "foam"}])
def test_without_input_or_skill_nothing_is_taken_up(hindered: dict[str, str]) -> None:
    assert choose([task(**hindered)], "FM-1", {}, (), ("press",), helps=True) is None
    assert choose([task()], "FM-1", {}, (), ("press",), helps=True) is not None


def test_what_was_refused_is_left_alone_for_a_while() -> None:
    assert choose([task(7)], "FM-1", {}, {7}, (), helps=True) is None


def test_left_counts_every_way_a_piece_can_go() -> None:
    assert left(task(available="9", good="3", scrap="2", rework="1")) == 3
    assert operation(task()) == "foam"


def test_nobody_trims_what_was_not_foamed() -> None:
    order = [task(1, good="5"), task(2, operation="0.10/trim")]
    assert allowed(task(2, "9", operation="0.10/trim", good="2"), order, "foam") == 3
    assert allowed(task(2, "9", operation="0.10/trim", good="2"), order, None) == 7
    assert allowed(task(2, "9", operation="0.99/trim"), order, "foam") == 9


def test_the_files_are_read_as_people_know_them() -> None:
    factory = files.load(FACTORY, NOW)
    by_code = {worker.code: worker for worker in factory.workers}
    assert "foam" not in by_code["P011"].skills  # it ran out three days ago
    assert "press" in by_code["P007"].skills
    assert factory.follows["CAB-210", "trim"] == "foam"
    assert factory.batches["CAB-210", "foam"] == 4
    assert factory.scanned["BCD-210", "asm"] == ["CMP-80"]
    assert {place.machine for place in factory.places if place.code == "CB-1"} == {None}


@pytest.mark.parametrize(("hour", "shift"), [(23, "A"), (7, "B"), (15, "N"), (20, "N")])
def test_the_shift_is_that_of_the_plant(hour: int, shift: str) -> None:
    assert files.load(FACTORY, NOW.replace(hour=hour)).present == shift


def test_those_of_the_line_and_shift_are_asked_first() -> None:
    factory = files.load(FACTORY, NOW)
    first = factory.crew("L3", "A")[0]
    assert (first.line, first.code in factory.roster["A"], first.is_lead) == ("L3", True, False)


def test_the_copy_runs_faster_and_keeps_the_rest(tmp_path: Path) -> None:
    scaled.copy(FACTORY, tmp_path / "copy", 10)
    rules = files.rows(tmp_path / "copy", "limit_rules")
    assert {(row["on_delay_s"], row["dwell_s"], row["enabled"]) for row in rules} == {("1", "6", "yes")}
    assert {row["lag_min"] for row in files.rows(tmp_path / "copy", "operation_links")} == {"0"}
    assert files.rows(tmp_path / "copy", "routings") == files.rows(FACTORY, "routings")


def test_at_the_pace_of_life_times_stay(tmp_path: Path) -> None:
    scaled.copy(FACTORY, tmp_path / "copy", 1)
    assert {row["on_delay_s"] for row in files.rows(tmp_path / "copy", "limit_rules")} == {"10"}
    scaled.copy(FACTORY, tmp_path / "fast", 10, times=10)
    short, usual = (files.load(folder).minutes["CAB-210", "foam"] for folder in (tmp_path / "fast", FACTORY))
    assert (short, usual) == (0.5, 5.0)
    assert "20" in {row["lag_min"] for row in files.rows(tmp_path / "copy", "operation_links")}


def test_without_throttling_the_rules_are_switched_off(tmp_path: Path) -> None:
    scaled.copy(FACTORY, tmp_path / "copy", 10, throttle=False)
    assert {row["enabled"] for row in files.rows(tmp_path / "copy", "limit_rules")} == {"no"}


def test_who_is_not_alone_has_no_usual_port(tmp_path: Path) -> None:
    scaled.copy(FACTORY, tmp_path / "copy", 10, alone=False)
    usual, own = ({one["link"]["port"] for path in sorted((folder / "devices").glob("*.yaml"))
                   for one in yaml.safe_load(path.read_text(encoding="utf-8"))["devices"]}
                  for folder in (FACTORY, tmp_path / "copy"))  # fmt: skip
    assert len(own) == len(usual)
    assert not own & usual


def test_a_taken_port_gives_every_machine_a_free_one(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    scaled.copy(FACTORY, copy, 10)
    one = yaml.safe_load((copy / "devices" / "machines.yaml").read_text(encoding="utf-8"))["devices"][0]["link"]
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        one["port"] = door.getsockname()[1]
        map_of = {"version": 1, "devices": [{"device": "D", "machine": "M", "link": one, "tags": []}]}
        (copy / "devices" / "machines.yaml").write_text(yaml.safe_dump(map_of), encoding="utf-8")
        assert not scaled.ports_free(copy)
    assert len(set(scaled.free_ports(5))) == 5


def test_the_scene_is_read_back_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    found = scene.Scene("http://127.0.0.1:1", str(tmp_path), str(tmp_path), {"lead": "secret"}, 10.0, 3)
    path = found.write()
    assert scene.read(path) == found
    assert path.stat().st_mode & 0o077 == 0


def test_levels_and_causes_are_read_from_what_the_api_gives() -> None:
    assert (level("0/pack"), level("0.10.20/press")) == (1, 3)
    assert reasons({"type": "report.scrap", "also": [{"type": "machine.state"}]}) == {"report.scrap", "machine.state"}


def test_a_course_tells_figures_and_what_did_not_hold() -> None:
    course = Course(1, 600.0, True, [Step("planned", "Plan made", "%(late)s late", {"late": 2}, 0.5)])
    assert course.steps[0].words(lambda words: words.replace("late", "延期", 2).replace("(延期)", "(late)")) == "2 延期"
    assert course.as_data()["steps"] == {"planned": {"late": 2, "seconds": 0.5}}
    course.failed = Failed("No plan within %(seconds)s s.", seconds=60)
    assert (course.as_data()["ok"], course.as_data()["failed"]) == (False, "No plan within 60 s.")
