"""Rows of master data as a list wants them: searched, narrowed, sorted, paged; references as codes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from app.db import db
from app.events import Store
from app.queries.admin import PAGE, Slice

Row = Mapping[str, Any]
_SEARCHED = ("code", "name", "name_zh", "badge", "supplier", "supplier_lot", "unit")
_BATCH = 1000


class Field(NamedTuple):
    """A column of a list: its name, its attribute, and the model whose code it shows when it is a reference."""

    name: str
    attribute: str
    refers: Any = None


@dataclass(frozen=True)
class Look:
    """What a list looks at: a model, the names of its key columns, its columns."""

    model: Any
    key: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Wish:
    """What a list is narrowed to and sorted by: a text anywhere, exact values by column, ``-name`` falls."""

    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""
    page: int = 1


@dataclass
class _Built:
    query: Select[Any]
    columns: dict[str, Any]


def page_of(store: Store, site_id: int, look: Look, wish: Wish) -> Slice:
    """One page of rows and how many fit the wish."""
    built = _narrowed(site_id, look, wish)
    count = built.query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    total = store.execute(count).scalar_one()
    page = min(max(1, wish.page), max(1, -(-total // PAGE)))
    query = built.query.limit(PAGE).offset((page - 1) * PAGE)
    return Slice([row._mapping for row in store.execute(query)], total, page)


def every(store: Store, site_id: int, look: Look, wish: Wish) -> Iterator[Row]:
    """All rows that fit the wish, read in batches."""
    query = _narrowed(site_id, look, wish).query.execution_options(yield_per=_BATCH)
    for row in store.execute(query):
        yield row._mapping


def one(store: Store, site_id: int, look: Look, key: Mapping[str, Any]) -> Row | None:
    """The row of a key (values by column; codes for references), or None."""
    found = store.execute(_narrowed(site_id, look, Wish(values=key)).query.limit(1)).first()
    return found._mapping if found else None


def _narrowed(site_id: int, look: Look, wish: Wish) -> _Built:
    built = _built(site_id, look)
    for name, value in wish.values.items():
        built.query = built.query.where(built.columns[name] == value)
    if wish.text:
        searched = [built.columns[f.name] for f in look.fields if f.name in _SEARCHED or _is_named(look, f)]
        built.query = built.query.where(or_(*(c.icontains(wish.text, autoescape=True) for c in searched)))
    built.query = built.query.order_by(*_order(look, built, wish.sort))
    return built


def _is_named(look: Look, one_field: Field) -> bool:
    return one_field.refers is not None and one_field.name in look.key


def _order(look: Look, built: _Built, sort: str) -> list[Any]:
    name = sort.removeprefix("-")
    first = []
    if name in built.columns:
        column = built.columns[name]
        first = [column.desc() if sort.startswith("-") else column]
    return [*first, *(built.columns[key] for key in look.key if key != name)]


def _built(site_id: int, look: Look) -> _Built:
    """The query with a join for each reference. Rows without a site of their own belong to their first reference's."""
    columns: dict[str, Any] = {}
    joins = []
    site = getattr(look.model, "site_id", None)
    for one_field in look.fields:
        here = getattr(look.model, one_field.attribute)
        if one_field.refers is None:
            columns[one_field.name] = here
            continue
        target = aliased(one_field.refers)
        joins.append((target, target.id == here))
        columns[one_field.name] = target.code
        site = target.site_id if site is None else site
    shown = [column.label(name) for name, column in columns.items()]
    row_id = [look.model.id.label("row_id")] if hasattr(look.model, "id") else []
    query = select(*row_id, *shown).select_from(look.model)
    for target, on in joins:
        query = query.outerjoin(target, on)
    return _Built(query.where(site == site_id), columns)


def codes_of(store: Store, site_id: int, model: Any, most: int) -> list[Any]:
    """The codes and names one may choose, those in use only, at most ``most``."""
    wanted = [model.code, model.name, model.name_zh]
    query = select(*wanted).where(model.site_id == site_id).order_by(model.code).limit(most)
    if hasattr(model, "retired"):
        query = query.where(model.retired.is_(False))
    return list(store.execute(query))


class Use(NamedTuple):
    """Where a row is referred to: the table, and how many rows (``most`` means at least so many)."""

    table: str
    count: int


def uses(store: Store, model: Any, row_id: int, most: int = 1000) -> list[Use]:
    """Where a row is used, read off the foreign keys of the whole store; counting stops at ``most``."""
    found: dict[str, int] = {}
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == model.__tablename__ for key in column.foreign_keys):
                inside = select(column).where(column == row_id).limit(most).subquery()
                count = store.execute(select(func.count()).select_from(inside)).scalar_one()
                found[table.name] = found.get(table.name, 0) + count
    return [Use(name, count) for name, count in sorted(found.items()) if count]
