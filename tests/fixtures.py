"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.cast import World, make_world

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
Race = Callable[[Sequence[Callable[[], Any]]], list[Any]]


@pytest.fixture
def world(db: None) -> World:
    """The small province with its cast."""
    return make_world()


@pytest.fixture
def committed_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The same, really committed, so that several connections see it; only on PostgreSQL."""
    if connection.vendor != "postgresql":
        pytest.skip("runs on PostgreSQL only")
    if not str(connection.settings_dict["NAME"]).startswith("test_"):
        # Made only where a test asks for `db`: nothing else may ever be emptied below.
        pytest.fail("run a test that uses `db` beside this one, so that there is a database for tests")
    with django_db_blocker.unblock():
        shipped = _keep_what_migrations_wrote()
        try:
            yield make_world()
        finally:
            _empty_all_tables()
            _write_again(shipped)


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        return sorted(set(connection.introspection.table_names(cursor)) - KEPT)


def _keep_what_migrations_wrote() -> list[str]:
    """Copy, once per database, the tables that hold rows before any test commits: e.g. the phrases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'shipped'")
        kept = [str(row[0]) for row in cursor.fetchall()]
        if kept:
            return kept
        cursor.execute("CREATE SCHEMA IF NOT EXISTS shipped")
        for table in _tables():
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name})")
            if cursor.fetchone()[0]:
                cursor.execute(f"CREATE TABLE shipped.{name} AS TABLE {name}")
                kept.append(table)
    return kept


def _write_again(tables: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for name in map(connection.ops.quote_name, tables):
            cursor.execute(f"INSERT INTO {name} TABLE shipped.{name}")
        cursor.execute("SET session_replication_role = DEFAULT")


def _empty_all_tables() -> None:
    """Also the append-only ones: as a replica, triggers do not fire; needs a superuser, as tests have."""
    with connection.cursor() as cursor:
        names = ", ".join(connection.ops.quote_name(name) for name in _tables())
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {names} CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def race() -> Race:
    """Run acts at the same moment, each in its own connection; what each returned or raised."""

    def run(acts: Sequence[Callable[[], Any]]) -> list[Any]:
        start = Barrier(len(acts))

        def one(act: Callable[[], Any]) -> Any:
            start.wait(timeout=10)
            try:
                return act()
            except Exception as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(one, acts))

    return run
