"""Drafts of routings: what is being changed, and the steps that can be taken back."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Document, Key, Model, Moment, Word, to


class RoutingDraft(Model):
    """What stands behind a routing of status draft; one an item.

    ``content`` holds the rows as texts of cells, so that half a change can be kept; ``version`` rises with every
    change, so that two people cannot overwrite each other. ``base_hash`` is what the base held when the draft began.
    """

    __tablename__ = "routing_draft"
    __table_args__ = (UniqueConstraint("item_id"),)
    routing_id: Mapped[int] = to("routing.id", primary_key=True)
    site_id: Mapped[int] = to("site.id")
    item_id: Mapped[int] = to("item.id", index=False)
    base_id: Mapped[int | None] = to("routing.id", index=False, nullable=True)
    base_hash: Mapped[Word]
    version: Mapped[int] = mapped_column(default=1)
    content: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    changed_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    changed_at: Mapped[Moment]


class RoutingStep(Model):
    """A change of a draft: the sheets it touched, before and after."""

    __tablename__ = "routing_step"
    __table_args__ = (UniqueConstraint("routing_id", "number"),)
    id: Mapped[Key]
    routing_id: Mapped[int] = to("routing_draft.routing_id", index=False)
    number: Mapped[int]
    undone: Mapped[bool] = mapped_column(default=False)
    before: Mapped[dict[str, Any]] = mapped_column(Document)
    after: Mapped[dict[str, Any]] = mapped_column(Document)
