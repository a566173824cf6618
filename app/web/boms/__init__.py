"""Bills of material: the list, the editor with its draft, differences, where-used, explosion."""

from app.web.boms import editor, listing, reading
from app.web.boms.blueprint import pages

__all__ = ["editor", "listing", "pages", "reading"]
