"""The repository as the architecture tests read it: files, syntax trees, modules."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "khue"
# Top to bottom: a module may know those after it.
MODULES = (
    "importing", "transfers", "store", "transcripts", "register", "gradebook", "records", "schooling",
    "access", "people", "orgs", "codes",
)  # fmt: skip
PURE = ("core", "rules", "sheets", "signing")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file of the product (tests and migrations apart)."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """Path from the package on, for messages."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def module(self) -> str:
        """The application it belongs to, or an empty text."""
        parts = self.path.relative_to(PACKAGE).parts
        return parts[1] if parts[0] == "modules" and len(parts) > 2 else ""

    @property
    def tier(self) -> str:
        """core, rules, sheets, kit, modules or project."""
        return self.path.relative_to(PACKAGE).parts[0]


@cache
def sources() -> tuple[Source, ...]:
    """All product files, parsed once."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if {"tests", "migrations"} & set(path.parts):
            continue
        found.append(Source(path, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


@cache
def tracked() -> tuple[Path, ...]:
    """All files that git knows."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    paths = [ROOT / name for name in told.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file())


def text_of(path: Path) -> str:
    """The text of a file, or nothing for pictures, fonts and workbooks."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def imported(source: Source) -> list[tuple[int, str]]:
    """Line and full name of everything a file imports (`from a import b` gives a.b)."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def called(node: ast.Call) -> str:
    """Dotted name of what is called: `timezone.now`, `Refused`."""
    parts: list[str] = []
    target: ast.expr = node.func
    while isinstance(target, ast.Attribute):
        parts.append(target.attr)
        target = target.value
    if isinstance(target, ast.Name):
        parts.append(target.id)
    return ".".join(reversed(parts))
