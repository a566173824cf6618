"""Numbers of orders, serials and cases: gap-free per site and series, taken inside the transaction."""

from sqlalchemy import select, update

from app.db import upsert
from app.events import Store
from app.models import NumberSeries

_TABLE = NumberSeries.__table__


def take(store: Store, site_id: int, series: str) -> int:
    """The next number of a series, starting at 1; the row stays locked until the transaction ends."""
    mine = (_TABLE.c.site_id == site_id) & (_TABLE.c.series == series)
    if not store.execute(update(_TABLE).where(mine).values(next=_TABLE.c.next + 1)).rowcount:  # type: ignore[union-attr]
        fresh = upsert(_TABLE).values(site_id=site_id, series=series, next=2)
        store.execute(
            fresh.on_conflict_do_update(index_elements=["site_id", "series"], set_={"next": _TABLE.c.next + 1})
        )
    return store.execute(select(_TABLE.c.next - 1).where(mine)).scalar_one()
