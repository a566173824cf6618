"""What a paper can prove: the hash of the last sealed event about a thing, and whether anything was changed later."""

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from app.events import Store
from app.models import Event, EventSeal, Report

_E, _S, _R = (table.__table__ for table in (Event, EventSeal, Report))


@dataclass(frozen=True)
class Proof:
    """Position and hash of the last sealed event about a thing, and how many entries were corrected since."""

    position: int | None
    hash: str | None
    corrected: int

    @property
    def is_unchanged(self) -> bool:
        """Nothing was taken back or written anew since it was entered."""
        return self.corrected == 0


def of_unit(store: Store, site_id: int, unit_id: int) -> Proof:
    """The proof of a unit: its own events and those of the reports that name it; each report taken back counts."""
    undone = select(func.count()).select_from(_R).where(
        _R.c.site_id == site_id, _R.c.unit_id == unit_id, _R.c.reverses_id.is_not(None)
    )  # fmt: skip
    tasks = select(_R.c.task_id).where(_R.c.unit_id == unit_id)
    about = or_(
        and_(_E.c.subject_type == "unit", _E.c.subject_id == unit_id),
        and_(_E.c.subject_type == "task", _E.c.subject_id.in_(tasks)),
    )
    return _proof(store, site_id, about, store.execute(undone).scalar_one())


def of_case(store: Store, site_id: int, case_id: int) -> Proof:
    """The proof of a nonconformance; a step of its 8D report that was written again counts as corrected."""
    mine = and_(_E.c.subject_type == "nonconformance", _E.c.subject_id == case_id)
    written = select(_E.c.data).where(_E.c.site_id == site_id, mine, _E.c.topic == "nonconformance.eight_d")
    steps = [data.partition('"step":')[2] for data in store.execute(written).scalars()]
    again = len(steps) - len(set(steps))
    reopened = select(func.count()).select_from(_E).where(
        _E.c.site_id == site_id, mine, _E.c.topic == "nonconformance.reopened"
    )  # fmt: skip
    return _proof(store, site_id, mine, again + store.execute(reopened).scalar_one())


def _proof(store: Store, site_id: int, about: object, corrected: int) -> Proof:
    query = (
        select(_S.c.position, _S.c.hash).join(_E, _E.c.id == _S.c.event_id)
        .where(_S.c.site_id == site_id, about).order_by(_S.c.position.desc()).limit(1)  # type: ignore[arg-type]
    )  # fmt: skip
    row = store.execute(query).first()
    return Proof(row.position if row else None, row.hash if row else None, corrected)


__all__ = ["Proof", "of_case", "of_unit"]
