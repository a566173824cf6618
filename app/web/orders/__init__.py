"""Orders of every kind: the list, a new one, one in full, and what can be done with it."""

from app.web.orders import actions, create, detail, listing, sizes
from app.web.orders.blueprint import pages

__all__ = ["actions", "create", "detail", "listing", "pages", "sizes"]
