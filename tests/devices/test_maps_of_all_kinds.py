"""Maps as tables, for brokers, serial lines and TLS: the same checks for all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devices import csvmap
from devices.signal import Command, encode_command
from devices.tagmap import lint, load, parse

TABLE = """\
device;machine;host;port;unit;writes;limit_address;limit_answer;name;table;address;type;scale;unit_of_measure;plausible
P1;M1;10.0.0.7;502;3;true;100;120;torque;input;4;int16;0.01;Nm;0..50
P1;;;;;;;;state;input;0;uint16;;;
P2;;10.0.0.7;502;4;;;;pieces;holding;2;uint32;;;-5..5
"""


def test_a_table_is_the_same_map_as_its_yaml(tmp_path):
    path = tmp_path / "line.csv"
    path.write_text("\ufeff" + TABLE, encoding="utf-8")
    first, second = load(path)
    assert (first.machine, first.link.unit, first.writes, first.limit.address) == ("M1", 3, True, 100)
    assert (str(first.tag("torque").scale), first.tag("torque").plausible) == ("0.01", (0.0, 50.0))
    assert (first.tag("torque").unit, second.tag("pieces").plausible) == ("Nm", (-5.0, 5.0))


def test_a_table_with_mistakes_is_told_place_by_place():
    wrong = (
        TABLE.replace("int16", "int17")
        .replace("10.0.0.7;502;4", "10.0.0.7;502;3")
        .replace("address;type", "adress;type")
    )
    found = {(p.where, p.code) for p in lint(csvmap.as_yaml(wrong))}
    assert ("devices[0].tags[0].type", "bad_type") in found
    assert ("devices[0].tags[0].adress", "unknown_key") in found
    assert ("file", "duplicate_link") in found
    assert [p.code for p in lint(csvmap.as_yaml(""))] == ["missing_list"]


def _one(link: str, tag: str, more: str = "") -> str:
    return f"version: 1\ndevices:\n  - device: d\n    link: {{host: plc, {link}}}\n{more}    tags: [{tag}]\n"


def test_each_kind_of_line_has_its_usual_port_and_own_address():
    tls = parse(_one("framing: tls, security: {ca: ca.pem}", "{name: a, address: 0}"))[0].link
    serial = parse(_one("framing: rtu, baud: 9600", "{name: a, address: 0}"))[0].link
    mqtt = parse(_one("protocol: mqtt", "{name: a, topic: x/y}"))[0]
    assert (tls.port, tls.address, serial.port, serial.address) == (802, "plc:802/1", 0, "plc/1")
    assert (mqtt.link.port, mqtt.link.address, mqtt.tags[0].table) == (1883, "", "message")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_one("framing: tls", "{name: a, address: 0}"), "missing_security"),
        (_one("protocol: mqtt", "{name: a, address: 0}"), "table_of_another_protocol"),
        (_one("port: 502", "{name: a, topic: x}"), "table_of_another_protocol"),
        (_one("protocol: mqtt", "{name: a, topic: 'x/#'}"), "bad_topic"),
        (_one("protocol: mqtt", "{name: a, topic: x}, {name: b, topic: x}"), "overlap"),
        (_one("protocol: mqtt", "{name: a, topic: x, writable: [0, 1]}"), "missing_text"),
        (
            _one("protocol: mqtt", "{name: a, topic: x}", "    limit: {address: 0, answer: 9}\n"),
            "no_limit_over_messages",
        ),
    ],
)
def test_what_a_protocol_does_not_know_is_refused(text, code):
    assert code in {problem.code for problem in lint(text)}


def test_the_maps_of_the_handbook_hold():
    text = (Path(__file__).resolve().parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
    whole, part = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert lint(whole) == ()
    assert lint("version: 1\ndevices:\n" + part) == ()


def test_the_checksum_of_the_handbook_is_ours():
    words = encode_command(Command(7, "limit", 600, 15, 3, 9))
    # as the function block for a PLC computes it
    assert words[7] == 65535 - sum(word * (i + 1) for i, word in enumerate(words[:7])) % 65536
