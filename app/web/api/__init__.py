"""The API under /api/v1: operations declared once, answered and described from the same table.

Each module here declares its operations when it is imported, so a new one is found by itself.
"""

from importlib import import_module
from pkgutil import iter_modules

from app.web.api.operation import pages

for _found in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_found}")

__all__ = ["pages"]
