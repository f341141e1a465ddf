"""The tables of a new demo are those that the migrations make."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from khue.project.demo.tables import make_tables

pytestmark = pytest.mark.django_db


def said(database: Any) -> dict[str, list[str]]:
    """What SQLite says of each table, index and trigger; columns in any order."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        )
        rows = cursor.fetchall()
    found = {}
    for name, sql in rows:
        begins, _, body = sql.partition(" (")
        found[name] = [begins, *sorted(body.removesuffix(")").split(", "))] if body else [begins]
    return found


def applied(database: Any) -> set[tuple[str, str]]:
    """The migrations that a database knows of."""
    with database.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the demo is one SQLite file")
def test_tables_indexes_and_triggers_are_those_of_the_migrations() -> None:
    """Two ways, one schema; a later version can go on from it with its own migrations."""
    fresh = DatabaseWrapper(connection.settings_dict | {"NAME": ":memory:", "TEST": {}}, alias="fresh")
    connections["fresh"] = fresh
    try:
        assert make_tables(fresh)
        ours, theirs = said(fresh), said(connection)
        assert ours.keys() == theirs.keys()
        assert {name: text for name, text in ours.items() if theirs[name] != text} == {}
        assert applied(fresh) == applied(connection)
        assert not make_tables(fresh), "a file that holds something is left alone"
    finally:
        fresh.close()
        del connections["fresh"]
