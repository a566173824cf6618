"""The quantities of a released order for another quantity of its item, by the lines it was frozen with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bom.explode import rounded_up

Snapshot = Mapping[str, Any]


def planned(snapshot: Snapshot) -> dict[str, Decimal]:
    """Return how many pieces are planned at each node."""
    return {node["node"]: Decimal(node["quantity"]) for node in snapshot["nodes"]}


def rescaled(snapshot: Snapshot, quantity: Fraction | Decimal, decimals: Mapping[str, int]) -> dict[str, Decimal]:
    """Return how many pieces each node would plan for another quantity, rounded up level by level as at release."""
    factors = {line["key"]: _gross(line) for line in snapshot["lines"]}
    found: dict[str, Decimal] = {}
    for node in snapshot["nodes"]:  # every parent stands before its children
        wanted = Fraction(quantity)
        if node["parent"] is not None:
            wanted = Fraction(found[node["parent"]])
            for key in node["line_key"].split("."):
                wanted *= factors[key]
        found[node["node"]] = rounded_up(wanted, decimals.get(node["item"], 0))
    return found


def resized(snapshot: Snapshot, quantity: Decimal, nodes: Mapping[str, Decimal]) -> dict[str, Any]:
    """Return the same snapshot with the quantities of its nodes and tasks; lines and operations stay."""
    told = {node: format(amount, "f") for node, amount in nodes.items()}
    return {
        **snapshot, "quantity": format(quantity, "f"),
        "nodes": [{**node, "quantity": told[node["node"]]} for node in snapshot["nodes"]],
        "tasks": [{**task, "quantity": told[task["node"]]} for task in snapshot["tasks"]],
    }  # fmt: skip


def _gross(line: Mapping[str, Any]) -> Fraction:
    return Fraction(line["quantity"]) / Fraction(line["per"]) * (1 + Fraction(line["scrap_percent"]) / 100)
