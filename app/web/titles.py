"""What an order is called in the language of the reader: a production order bears its item's name."""

from flask import g

from app.auth import identity
from app.db import db
from app.i18n import locale
from app.queries.items import chinese_name


def titled(title: str) -> str:
    """An order's title, in Chinese where it is the name of an item that has a Chinese one; looked up once a request."""
    if not locale().startswith("zh"):
        return title
    known: dict[str, str] = g.setdefault("titles", {})
    if title not in known:
        known[title] = chinese_name(db.session, identity().site_id, title) or title
    return known[title]
