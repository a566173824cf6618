"""Administration: is it set up right, who may do what, what happened."""

from app.web.admin import audit, importing, overview, structures, tables, users
from app.web.admin.blueprint import pages

__all__ = ["audit", "importing", "overview", "pages", "structures", "tables", "users"]
