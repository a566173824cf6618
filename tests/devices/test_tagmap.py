"""Register maps: what is right loads, what is wrong is named, all of it at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from device_rigs import maps, press

from devices.errors import MapError
from devices.tagmap import lint, load, parse

HEAD = "version: 1\ndevices:\n  - device: d\n    link: {host: plc, port: 502}\n"


def codes(text: str) -> list[tuple[str, str]]:
    """Return (place, code) of each problem."""
    return [(p.where, p.code) for p in lint(text)]


def test_a_map_loads_with_its_defaults(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text("version: 1\ndevices:" + press("a", unit=1) + press("b", unit=2), encoding="utf-8")
    first, second = load(path)
    assert (first.device, first.machine, second.link.unit) == ("a", "M-a", 2)
    assert first.tag("torque").count == 2
    assert [t.name for t in first.meaning("state")] == ["state"]
    assert first.tag("nothing") is None
    assert first.states[3] == "stopped"


@pytest.mark.parametrize(
    ("tag", "place", "code"),
    [
        ("{name: x, table: holding, address: 1, type: int17}", "type", "bad_type"),
        ("{name: x, table: holding, address: 70000}", "address", "bad_integer"),
        ("{name: x, table: holding, address: 65535, type: int32}", "address", "address_too_high"),
        ("{name: x, table: holding, address: 1, plausible: [5, 1]}", "plausible", "bad_range"),
        ("{name: x, table: coil, address: 1, type: uint16}", "type", "type_does_not_fit_table"),
        ("{name: x, table: input, address: 1, writable: [0, 1]}", "writable", "table_is_read_only"),
        ("{name: x, table: holding, address: 1, type: bit, writable: [0, 1]}", "writable", "bit_is_not_writable"),
        ("{name: x, table: holding, address: 1, scale: 0}", "scale", "zero_scale"),
        ("{name: x, table: holding, address: 1, scale: .inf}", "scale", "bad_number"),
        ("{name: x, table: holding, address: 1, cadense: fast}", "cadense", "unknown_key"),
        ("{name: x, table: holding, address: true}", "address", "bad_integer"),
        ("{table: holding, address: 1}", "name", "missing_text"),
        ("{name: x, table: holding, address: 1, deadband: -1}", "deadband", "bad_number"),
        ("{name: x, table: holding, address: 1, meaning: mood}", "meaning", "bad_meaning"),
    ],
)
def test_a_wrong_tag_is_named_by_its_key(tag, place, code):
    assert (f"devices[0].tags[0].{place}", code) in codes(HEAD + f"    tags: [{tag}]")


def test_overlaps_and_duplicates_are_found():
    text = HEAD + (
        "    tags:\n"
        "      - {name: a, table: holding, address: 0, type: uint32}\n"
        "      - {name: b, table: holding, address: 1, type: uint16}\n"
        "      - {name: c, table: input, address: 1, type: uint16}\n"
        "      - {name: c, table: holding, address: 9, type: bit, bit: 1}\n"
        "      - {name: e, table: holding, address: 9, type: bit, bit: 2}\n"
        "    limit: {address: 2, answer: 9}\n"
        "    readable: {input: [[5, 9]]}\n"
    )
    found = {(p.code, p.value) for p in lint(text)}
    assert ("overlap", "a and b") in found
    assert ("overlap", "limit and limit answer") in found
    assert ("duplicate_tag", "c") in found
    assert ("outside_readable", "c") in found
    assert not any("c and e" in value for _, value in found)


def test_devices_may_not_share_a_name_or_a_unit():
    twice = "version: 1\ndevices:" + press("a", port=502) + press("a", port=502)
    assert {"duplicate_device", "duplicate_link", "duplicate_limit"} <= {p.code for p in lint(twice)}
    assert maps(press("a", port=502, unit=1), press("b", port=502, unit=2))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "version: 1", "version: 9\ndevices: []", "devices: [3]", "a: [", "a: 1\na: 2", "\0", "devices: {a: 1}"],
)
def test_what_is_no_map_is_refused_not_crashed(text):
    with pytest.raises(MapError) as caught:
        parse(text)
    assert caught.value.problems


def test_lint_names_everything_and_its_exit_code_says_so(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("version: 1\ndevices:" + press(), encoding="utf-8")
    bad.write_text(HEAD + "    tags: [{name: x, table: holding, address: -1, type: y}]", encoding="utf-8")
    runs = [_cli("lint", str(path)) for path in (good, bad, tmp_path / "absent.yaml")]
    assert [run.returncode for run in runs] == [0, 1, 2]
    assert runs[1].stdout.count("devices[0].tags[0]") == 2


def _cli(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "devices", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
