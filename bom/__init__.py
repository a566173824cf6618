"""Bills of material, exactly.

>>> from datetime import date
>>> from bom import BomLine, Structure, requirements
>>> structure = Structure([
...     BomLine("10", "fridge", "door", 2),
...     BomLine("20", "door", "hinge", 2),
... ])
>>> [(need.item, need.level, str(need.quantity)) for need in requirements(structure, "fridge", 5, date(2026, 11, 22))]
[('door', 1, '10'), ('hinge', 2, '20')]
"""

from bom.errors import BomError
from bom.explode import Need, requirements, round_needs, rounded_up
from bom.structure import BomLine, Structure, Supply
from bom.where_used import Use, where_used

__all__ = [
    "BomError",
    "BomLine",
    "Need",
    "Structure",
    "Supply",
    "Use",
    "requirements",
    "round_needs",
    "rounded_up",
    "where_used",
]
