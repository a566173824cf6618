"""Instructions as pictures or PDF: files ``instructions/<site>/<item>-<operation>.png`` beside the database.

They are put there by the page of the routing, or as files; the operation's key is that of the routing.
"""

from pathlib import Path

from sqlalchemy import select

from app.events import Store
from app.models import Item, Site, Task

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".pdf")


def instruction_file(store: Store, home: Path, task_id: int) -> Path | None:
    """The instruction of a task's operation; None where nobody put one."""
    query = (
        select(Site.code.label("site"), Item.code.label("item"), Task.op_key)
        .join(Site, Site.id == Task.site_id)
        .join(Item, Item.id == Task.item_id)
        .where(Task.id == task_id)
    )
    row = store.execute(query).one_or_none()
    if row is None:
        return None
    stem = place_of(home, row.site, row.item, row.op_key.rsplit("/", 1)[-1])
    return stem and file_of(stem)


def place_of(home: Path, site: str, item: str, operation: str) -> Path | None:
    """Where the instruction of an operation stands, without its ending; None when that leads out of the folder."""
    folder = Path(home) / "instructions" / site
    stem = folder / f"{item}-{operation}"
    # A code may hold a slash: what leads out of the folder is no instruction.
    return stem if (folder / f"{item}-{operation}.pdf").resolve().parent == folder.resolve() else None


def file_of(stem: Path) -> Path | None:
    """The file at a place; None where nobody put one."""
    found = (stem.parent / (stem.name + ending) for ending in ENDINGS)
    return next((file for file in found if file.is_file() and file.resolve().parent == stem.parent.resolve()), None)
