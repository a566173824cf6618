"""A register map as a table: one row a tag, the columns of the device repeated or given once.

Columns of the device are `device machine host port unit protocol framing timeout_s writes version max_gap max_span
limit_address limit_answer limit_lease_s limit_min_permille`; every other column is a key of the tag. A range is
written `0..50`. The table becomes the mapping that the YAML form is, so that both are checked by the same eyes.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import yaml

LINK = ("host", "port", "unit", "protocol", "framing", "timeout_s", "baud", "parity", "stop_bits", "user",
        "password_env")  # fmt: skip
DEVICE = ("machine", "writes", "version", "max_gap", "max_span")
LIMIT = {"limit_address": "address", "limit_answer": "answer", "limit_lease_s": "lease_s",
         "limit_min_permille": "min_permille"}  # fmt: skip
TEXTS = ("device", "machine", "host", "name", "unit_of_measure", "topic", "path", "time_path", "set_topic", "user",
         "password_env", "parity")  # fmt: skip
_RANGE = re.compile(r"\s*(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*")


def as_yaml(text: str) -> str:
    """Return a CSV map (comma, semicolon or tab) as YAML text; what is wrong in it shows when that is checked."""
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    devices: dict[str, dict[str, Any]] = {}
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
        cells = {str(k).strip(): v.strip() for k, v in row.items() if isinstance(v, str) and v.strip() and k}
        if cells:
            _add(devices.setdefault(cells.pop("device", ""), {"link": {}, "tags": []}), cells)
    rows = [{"device": name} | row for name, row in devices.items()]
    return yaml.safe_dump({"version": 1, "devices": rows}, allow_unicode=True, sort_keys=False)


def _add(device: dict[str, Any], cells: dict[str, str]) -> None:
    """Take what a row says of its device, and keep the rest as a tag; the first word about a device stands."""
    for name in [name for name in cells if name in LINK]:
        device["link"].setdefault(name, _value(name, cells.pop(name)))
    for name in [name for name in cells if name in DEVICE]:
        device.setdefault(name, _value(name, cells.pop(name)))
    for name in [name for name in cells if name in LIMIT]:
        device.setdefault("limit", {}).setdefault(LIMIT[name], _value(name, cells.pop(name)))
    if "unit_of_measure" in cells:  # `unit` is the Modbus unit of the device here
        cells["unit"] = cells.pop("unit_of_measure")
    if cells:
        device["tags"].append({name: cell if name == "unit" else _value(name, cell) for name, cell in cells.items()})


def _value(name: str, cell: str) -> Any:
    """A cell as YAML would read it: numbers, true and false; a range as a pair."""
    if name in TEXTS:
        return cell
    if pair := _RANGE.fullmatch(cell):
        return [yaml.safe_load(part) for part in pair.groups()]
    try:
        return yaml.safe_load(cell)
    except yaml.YAMLError:
        return cell
