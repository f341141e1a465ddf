"""The repository itself: templates, dependencies, lock files, links, nothing of any one machine."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from tests.architecture.sources import PACKAGE, ROOT, text_of, tracked

TEMPLATES = sorted(path for path in PACKAGE.rglob("templates/**/*.html"))
INLINE = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE),
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "foreign address": re.compile(r"(?:src|href|action)\s*=\s*[\"']https?://", re.IGNORECASE),
    "htmx script": re.compile(r"\shx-on", re.IGNORECASE),
}
LOCKS = ("requirements.lock", "requirements-test.lock")
# Written in pieces, so that this file does not find itself.
MACHINE = re.compile(
    "|".join(("/wo" + "rk/(main|shared)", "/ro" + "ot/", r"/ho" + r"me/[a-z]+/", r"(?<![\w.])/t" + "mp/khue"))
)
REGISTRY = re.compile(
    "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(org|com)", "/simp" + "le/"))
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_templates_keep_the_content_security_policy(path) -> None:
    text = path.read_text(encoding="utf-8")
    found = {what: rule.search(text) for what, rule in INLINE.items()}
    faults = [f"{what}: {hit.group()[:40]}" for what, hit in found.items() if hit]
    assert not faults


def test_pictures_made_by_the_server_have_no_inline_style() -> None:
    for path in (PACKAGE / "kit" / "ui").rglob("*.py"):
        assert ' style="' not in path.read_text(encoding="utf-8"), path.name


def test_every_dependency_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[0]
    lines = [line.strip() for line in text.splitlines() if re.match(r'\s+"[A-Za-z].*[><=~]=', line)]
    bare = [line for line in lines if not re.search(r'",\s+# \S.{7,}', line)]
    assert len(lines) > len(tomllib.loads(text)["project"]["dependencies"])
    assert not bare


@cache
def _locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_locks_have_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(--index|--extra-index|--find-links|-i |-f )", text, re.MULTILINE)
    for block in re.split(r"\n(?=[a-z0-9])", text):
        assert not re.match(r"[a-z0-9]", block) or "--hash=sha256:" in block, block[:80]


def test_locks_cover_the_dependencies_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run, test = (_locked(name) for name in LOCKS)
    for wanted, locked in ((project["dependencies"], run), (project["optional-dependencies"]["test"], test)):
        names = {re.match(r"[A-Za-z0-9-]+", text).group().lower() for text in wanted}
        assert not names - set(locked)
    assert {name: test.get(name) for name in run} == run


def test_nothing_of_one_machine_is_in_the_repository() -> None:
    faults = []
    for path in tracked():
        text = text_of(path)
        faults += [
            f"{path.relative_to(ROOT)}: {found.group()}"
            for rule in (MACHINE, REGISTRY)
            if (found := rule.search(text))
        ]
    assert not faults, "\n".join(faults)


def test_links_in_documents_lead_somewhere() -> None:
    faults = []
    for path in tracked():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
            if re.match(r"[a-z]+:|#", target):
                continue
            if not (path.parent / target.split("#")[0]).exists():
                faults.append(f"{path.relative_to(ROOT)} → {target}")
    assert not faults, "\n".join(faults)


def test_python_files_say_what_they_are_for() -> None:
    """The first line of a file is a sentence; an empty __init__.py needs none."""
    faults = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.strip() and "migrations" not in path.parts and not text.lstrip().startswith(('"""', 'r"""')):
            faults.append(str(path.relative_to(ROOT)))
    assert not faults, "no docstring:\n" + "\n".join(faults)
