"""Documents that are made from the code, so that they cannot lie: who may do what, settings, refusals.

`khue manage reference` writes them to docs/reference; a test fails when they are out of date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.kit import permissions
from khue.kit.errors import catalogue
from khue.project.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

NOTE = "<!-- Made by `./khue manage reference`; change the code, not this file. -->\n"


def permission_page() -> str:
    """The matrix of actions: what it is, the roles that may, the relations that may, the condition."""
    lines = [
        "# Who may do what",
        NOTE,
        "Default: nobody. A role counts over the unit where it was granted and everything below it, on the",
        "days of the grant. One engine answers both «may I?» and «which rows?»: see",
        "[ADR 6](../adr/0006-permissions.md).",
        "",
        "| action | việc | roles (at) | relations | condition |",
        "|---|---|---|---|---|",
    ]
    for code, action in permissions.actions().items():
        roles, relations = [], []
        for rule in action.rules:
            kind, _, rest = rule.code.partition(":")
            if kind == "role":
                names, _, unit = rest.partition("@")
                roles.append(f"{names} ({unit})")
            else:
                relations.append(rule.sentence)
        cells = (f"`{code}`", action.label, "; ".join(roles), " ".join(relations), action.condition_sentence)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Each setting with its default and purpose."""
    lines = [
        "# Settings",
        NOTE,
        "Read from the environment. `khue config` prints the values in force and where each came from.",
        "",
        "| variable | default | purpose |",
        "|---|---|---|",
    ]
    for name, field in Config.model_fields.items():
        default = "" if field.default in {None, ""} else f"`{field.default}`"
        lines.append(f"| `KHUE_{name.upper()}` | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def refusal_page() -> str:
    """Each refusal with its sentence."""
    lines = [
        "# Refusals",
        NOTE,
        "A refusal has a stable code. People read the sentence; programs get the code as problem+json.",
        "",
        "| code | câu |",
        "|---|---|",
    ]
    lines += [f"| {code} | {_cell(text)} |" for code, text in sorted(catalogue().items())]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "permissions.md": permission_page,
    "settings.md": settings_page,
    "errors.md": refusal_page,
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
