"""`khue manage …`: Django's own commands."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Pass on to Django."""
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the environment

    execute_from_command_line(["khue manage", *argv])
    return 0
