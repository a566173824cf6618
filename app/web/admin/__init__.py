"""Administration: is it set up right, who may do what, what happened."""

from app.web.admin import audit, importing, overview, sheet_many, sheet_row, structures, tables, users
from app.web.admin.blueprint import pages

__all__ = ["audit", "importing", "overview", "pages", "sheet_many", "sheet_row", "structures", "tables", "users"]
