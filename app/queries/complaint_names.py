"""What factors and their levels are called: operations, machines, people, shifts, items, characteristics."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.i18n import named
from app.models import Characteristic, Item, Machine, Operation, Person, Routing, ShiftPattern, Station
from app.queries.complaint_factors import Made
from app.queries.trace_rows import Named

_KINDS: dict[str, Any] = {"station": Station, "machine": Machine, "person": Person, "shift": ShiftPattern, "item": Item}


class Names:
    """Looked up when they are first asked for; a code without a name stands for itself."""

    def __init__(self, store: Store, site_id: int, made: Made | None) -> None:
        """Names that the columns brought along are used as they are."""
        self._store, self._site = store, site_id
        self._factors: dict[str, Named] = dict(made.names) if made else {}

    def factor(self, factor: str) -> Named | None:
        """The operation, item or characteristic that a factor is about."""
        scope, _slash, code = factor.partition("/")
        key = factor if scope in ("lot", "value") else scope
        if key and key not in self._factors:
            found = self._store.execute(self._query(scope, code or scope)).first()
            self._factors[key] = Named(*found) if found else Named(0, code or scope, code or scope, None)
        return self._factors.get(key)

    def _query(self, scope: str, code: str) -> Any:
        if scope == "lot":
            query: Any = _columns(Item, Item.code).where(Item.site_id == self._site, Item.code == code)
        else:
            own = (Operation, Operation.key, scope) if scope != "value" else (Characteristic, Characteristic.code, code)
            query = _columns(own[0], own[1]).where(own[1] == own[2])
            if own[0] is Characteristic:
                query = query.join(Operation, Operation.id == Characteristic.operation_id)
            query = query.join(Routing, Routing.id == Operation.routing_id).where(Routing.site_id == self._site)
        return query.limit(1)

    def level(self, factor: str, level: str) -> str:
        """The code of a level, with its name where there is one."""
        kind = factor.partition("/")[2]
        model = _KINDS.get(kind) if factor.partition("/")[0] not in ("lot", "value") else None
        if model is None:
            return level
        query = _columns(model, model.code).where(model.site_id == self._site, model.code == level)
        row = self._store.execute(query).first()
        return level if row is None or not row.name or row.name == level else f"{level} {named(row)}"


def _columns(model: Any, code: Any) -> Any:
    return select(model.id, code, model.name, model.name_zh)


__all__ = ["Names"]
