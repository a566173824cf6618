"""Rights inside PostgreSQL: the role that runs the application does not own the tables.

An owner could drop the triggers that keep reports and events append-only. So the schema belongs to one role, which
upgrades, and the application runs as another, which may read and add everywhere and change only what may change.
"""

import re

from sqlalchemy import inspect, text

from app.db import db
from app.errors import Invalid

APPEND_ONLY = ("report", "event", "event_seal", "stock_move", "scan")
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def grant(role: str) -> int:
    """Give a role what the application needs, on all tables; returns their number. PostgreSQL only."""
    if db.engine.dialect.name != "postgresql":
        raise Invalid("grant.sqlite")
    if not _ROLE.fullmatch(role):
        raise Invalid("value.wrong", field="role", value=role)
    tables = inspect(db.engine).get_table_names()
    with db.engine.begin() as connection:
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
        connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"))
        for table in tables:
            rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
            connection.execute(text(f'REVOKE ALL ON "{table}" FROM {role}'))
            connection.execute(text(f'GRANT {rights} ON "{table}" TO {role}'))
    return len(tables)
