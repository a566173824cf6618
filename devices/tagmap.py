"""Register maps from YAML or CSV: parse and lint, with every problem named at once.

A file holds `version: 1` and `devices:`, a list; docs/devices.md shows the form, and `csvmap` that of tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from devices import csvmap
from devices.errors import MapError, Problem
from devices.fields import Fields, is_number, is_pair
from devices.maplint import duplicates, overlaps, strangers
from devices.signal import ANSWER_WORDS, COMMAND_WORDS
from devices.tags import (
    BIT_TABLES,
    CADENCES,
    FRAMINGS,
    MEANINGS,
    MESSAGE,
    MODBUS_TABLES,
    PROTOCOLS,
    STATE_CODES,
    TABLES,
    WIDTHS,
    Behaviour,
    DeviceMap,
    Endpoint,
    LimitBlock,
    Noise,
    Security,
    Tag,
)

VERSION = 1
STATES = ("running", "idle", "stopped")


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, which YAML would let win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key, times in Counter(map(str, keys)).items():
            if times > 1:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key}", node.start_mark)
        return super().construct_mapping(node, deep)


def load(path: str | Path) -> tuple[DeviceMap, ...]:
    """Return the devices of a map file; raises MapError naming every problem, OSError when it cannot be read."""
    return parse(text_of(path))


def text_of(path: str | Path) -> str:
    """Return a map file as YAML text, a table (.csv) too; raises OSError and UnicodeDecodeError."""
    text = Path(path).read_text(encoding="utf-8-sig")
    return csvmap.as_yaml(text) if Path(path).suffix.lower() == ".csv" else text


def parse(text: str) -> tuple[DeviceMap, ...]:
    """Return the devices described in YAML text; raises MapError naming every problem."""
    maps, problems = _read(text)
    if problems:
        raise MapError(tuple(problems))
    return maps


def lint(text: str) -> tuple[Problem, ...]:
    """Return every problem of a map text; an empty tuple means that it can be loaded."""
    return tuple(_read(text)[1])


def _read(text: str) -> tuple[tuple[DeviceMap, ...], list[Problem]]:
    problems: list[Problem] = []
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader underneath
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        return (), [Problem(where, "not_yaml", str(getattr(error, "problem", error)))]
    top = Fields(raw, "file", problems)
    if top.integer("version", 1, 1 << 16, VERSION) != VERSION:
        top.wrong("unknown_version", raw.get("version"), "version")
    maps = tuple(_device(row, f"devices[{i}]", problems) for i, row in enumerate(top.rows("devices")))
    top.close()
    duplicates(maps, problems)
    return maps, problems


def _device(raw: Any, where: str, problems: list[Problem]) -> DeviceMap:
    row = Fields(raw, where, problems)
    name = row.text("device")
    found = DeviceMap(
        device=name,
        machine=row.text("machine", name),
        link=_link(row.take("link"), f"{where}.link", problems),
        tags=tuple(_tag(tag, f"{where}.tags[{i}]", problems) for i, tag in enumerate(row.rows("tags"))),
        limit=_limit(row.take("limit"), f"{where}.limit", problems),
        writes=row.flag("writes", False),
        version=row.integer("version", 1, 1 << 31, 1),
        max_gap=row.integer("max_gap", 0, 125, 16),
        max_span=row.integer("max_span", 4, 125, 125),
        readable=_readable(row.take("readable"), f"{where}.readable", problems),
        states=_states(row.take("states"), f"{where}.states", problems) or STATE_CODES,
        behaviour=_behaviour(row.take("simulate"), f"{where}.simulate", problems),
    )
    row.close()
    overlaps(found, where, problems)
    strangers(found, where, problems)
    return found


def _link(raw: Any, where: str, problems: list[Problem]) -> Endpoint:
    row = Fields(raw, where, problems)
    protocol = row.choice("protocol", PROTOCOLS, "modbus")
    framing = row.choice("framing", FRAMINGS, "tcp")
    usual = 1883 if protocol == "mqtt" else {"tls": 802, "rtu": 0}.get(framing, 502)
    link = Endpoint(
        host=row.text("host"),
        port=row.integer("port", 0, 65535, usual),
        unit=row.integer("unit", 0, 255, 1),
        timeout_s=row.number("timeout_s", 0.5, 0.01),
        framing=framing,
        protocol=protocol,
        baud=row.integer("baud", 300, 4_000_000, 19200),
        parity=row.choice("parity", ("N", "E", "O"), "E"),
        stop_bits=row.integer("stop_bits", 1, 2, 1),
        security=_security(row.take("security"), f"{where}.security", problems),
        user=row.text("user", ""),
        password_env=row.text("password_env", ""),
    )
    if framing == "tls" and link.security is None:
        row.wrong("missing_security", link.host, "security")
    row.close()
    return link


def _security(raw: Any, where: str, problems: list[Problem]) -> Security | None:
    if raw is None:
        return None
    row = Fields(raw, where, problems)
    found = Security(row.text("ca"), row.text("certificate", ""), row.text("key", ""), row.text("name", ""))
    row.close()
    return found


def _tag(raw: Any, where: str, problems: list[Problem]) -> Tag:
    row = Fields(raw, where, problems)
    topic = row.text("topic", "")
    table = row.choice("table", TABLES, MESSAGE if topic else "holding")
    tag = Tag(
        name=row.text("name"),
        table=table,
        address=row.integer("address", 0, 65535, 0 if table == MESSAGE else None),
        type=row.choice("type", tuple(WIDTHS), "uint16"),
        byte_order=row.choice("byte_order", ("big", "little"), "big"),
        word_order=row.choice("word_order", ("big", "little"), "big"),
        bit=row.integer("bit", 0, 15, 0),
        length=row.integer("length", 1, 125, 1),
        scale=row.decimal("scale", "1"),
        offset=row.decimal("offset", "0"),
        unit=row.text("unit", ""),
        plausible=row.pair("plausible"),
        deadband=row.number("deadband", 0.0, 0.0),
        heartbeat_s=row.number("heartbeat_s", 60.0, 0.1),
        cadence=row.choice("cadence", tuple(CADENCES), "normal"),
        writable=row.pair("writable"),
        meaning=row.choice("meaning", MEANINGS, "other"),
        max_step=row.integer("max_step", 1, 1 << 62) if row.take("max_step") is not None else None,
        topic=topic,
        path=row.text("path", ""),
        time_path=row.text("time_path", ""),
        set_topic=row.text("set_topic", ""),
    )
    row.close()
    _tag_sense(tag, row)
    return tag


def _tag_sense(tag: Tag, row: Fields) -> None:
    if tag.table == MESSAGE:
        _message_sense(tag, row)
    elif (tag.table in BIT_TABLES) != (tag.type == "bool"):
        row.wrong("type_does_not_fit_table", f"{tag.type} in {tag.table}", "type")
    if tag.scale == 0:
        row.wrong("zero_scale", tag.scale, "scale")
    if tag.writable and tag.table not in ("coil", "holding", MESSAGE):
        row.wrong("table_is_read_only", tag.table, "writable")
    if tag.writable and tag.type == "bit":
        row.wrong("bit_is_not_writable", tag.name, "writable")
    if tag.end > 1 << 16:
        row.wrong("address_too_high", tag.address, "address")


def _message_sense(tag: Tag, row: Fields) -> None:
    """A message is JSON: it has numbers, texts and true or false, but no registers and no bits of them."""
    if not tag.topic or set(tag.topic) & set("#+"):
        row.wrong("bad_topic", tag.topic, "topic")
    if set(tag.set_topic) & set("#+"):
        row.wrong("bad_topic", tag.set_topic, "set_topic")
    if tag.writable and not tag.set_topic:
        row.wrong("missing_text", tag.name, "set_topic")
    if tag.type == "bit":
        row.wrong("type_does_not_fit_table", f"{tag.type} in {tag.table}", "type")


def _limit(raw: Any, where: str, problems: list[Problem]) -> LimitBlock | None:
    if raw is None:
        return None
    row = Fields(raw, where, problems)
    block = LimitBlock(
        address=row.integer("address", 0, 65535 - COMMAND_WORDS),
        answer=row.integer("answer", 0, 65535 - ANSWER_WORDS),
        lease_s=row.integer("lease_s", 2, 3600, 15),
        min_permille=row.integer("min_permille", 0, 1000, 0),
    )
    row.close()
    return block


def _readable(raw: Any, where: str, problems: list[Problem]) -> dict[str, tuple[tuple[int, int], ...]]:
    row = Fields(raw or {}, where, problems)
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for table in MODBUS_TABLES:
        ranges = row.take(table)
        if ranges is None:
            continue
        if isinstance(ranges, list) and all(is_pair(pair) for pair in ranges):
            found[table] = tuple(sorted((int(lo), int(hi)) for lo, hi in ranges))
        else:
            row.wrong("bad_range", ranges, table)
    row.close()
    return found


def _states(raw: Any, where: str, problems: list[Problem]) -> dict[int, str]:
    if raw is None:
        return {}
    row = Fields(raw, where, problems)
    for code, word in row.raw.items():
        if type(code) is not int or word not in STATES:
            row.wrong("bad_state", f"{code}: {word}")
    return dict(row.raw)


def _behaviour(raw: Any, where: str, problems: list[Problem]) -> Behaviour:
    row = Fields(raw or {}, where, problems)
    values = row.take("values") or {}
    drawn = {}
    for name, noise in Fields(values, f"{where}.values", problems).raw.items():
        drawn[str(name)] = _noise(noise, f"{where}.values.{name}", problems)
    found = Behaviour(
        cycle_s=row.number("cycle_s", 10.0, 0.01),
        spread=row.number("spread", 0.0, 0.0),
        mtbf_s=row.number("mtbf_s", 0.0, 0.0),
        mttr_s=row.number("mttr_s", 300.0, 0.01),
        jobs=row.integer("jobs", 0, 1 << 31, 0),
        values=drawn,
    )
    row.close()
    return found


def _noise(raw: Any, where: str, problems: list[Problem]) -> Noise:
    if is_number(raw):
        return Noise(float(raw))
    row = Fields(raw, where, problems)
    noise = Noise(row.number("mean", 0.0), row.number("sigma", 0.0, 0.0), row.number("drift", 0.0))
    row.close()
    return noise
