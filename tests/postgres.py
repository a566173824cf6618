"""Prints the address of a PostgreSQL server for tests when one answers: ``python -m tests.postgres``."""

import sys

import psycopg

ADDRESS = "postgresql://postgres@127.0.0.1:5432/postgres"


def answers(address: str = ADDRESS) -> bool:
    """Whether a server lets us in there within three seconds."""
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


if __name__ == "__main__":
    if not answers():
        sys.exit(1)
    sys.stdout.write(ADDRESS + "\n")
