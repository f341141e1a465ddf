"""What Django's registry and the catalogues must agree on: classes of data, refusals, actions, clocks."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections import defaultdict
from importlib import import_module

import pytest
from django.apps import apps

from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit import errors, permissions
from khue.kit.privacy import classification_of
from khue.modules.access.actions import ACTION_NAMES
from tests.architecture.sources import MODULES, PACKAGE, called, sources

CODE = re.compile(r"(KIT|CORE|ORG|PEO|ACC|SCH|GRADE|IMP|DEMO|CODE|COD|SHEET)-\d{3}")
PREFIXES = {
    "orgs": "ORG", "people": "PEO", "access": "ACC", "schooling": "SCH", "gradebook": "GRADE",
    "importing": "IMP", "codes": "COD",
}  # fmt: skip
REFUSALS = {kind.__name__ for kind in (Refused, NotAllowed, NotFound, Conflict, Invalid)}
CATALOGUES = ["khue.kit.errors", *(f"khue.modules.{module}.errors" for module in MODULES)]


def _codes(module: str) -> dict[str, str]:
    try:
        return dict(import_module(module).CODES)
    except ModuleNotFoundError:
        return {}


def test_every_field_has_a_class_of_personal_data() -> None:
    """Luật 91/2025/QH15: what is handled must be known (docs/adr/0016)."""
    faults = []
    for model in apps.get_models():
        if not model.__module__.startswith("khue."):
            continue
        # Columns that Django's own bases bring are classified too: they are in our tables.
        columns = {field.name for field in model._meta.local_fields}
        columns |= {field.name for field in model._meta.local_many_to_many}
        declared = set(classification_of(model))
        faults += [f"{model._meta.label}.{name} is not classified" for name in sorted(columns - declared)]
        faults += [f"{model._meta.label}.{name} is no field" for name in sorted(declared - columns)]
    assert not faults, "\n".join(faults)


def test_a_code_has_one_meaning() -> None:
    seen: dict[str, list[str]] = defaultdict(list)
    for module in CATALOGUES:
        for code in _codes(module):
            seen[code].append(module)
    twice = {code: places for code, places in seen.items() if len(places) > 1}
    assert not twice


def test_codes_carry_their_module() -> None:
    faults = [
        f"{code} in {module}"
        for module, prefix in PREFIXES.items()
        for code in _codes(f"khue.modules.{module}.errors")
        if not code.startswith(prefix) or not CODE.fullmatch(code)
    ]
    assert not faults


def test_sentences_are_sentences() -> None:
    """What happened, why, what to do: at least one full sentence in Vietnamese."""
    faults = []
    for code, text in errors.catalogue().items():
        opens = text[0].isupper() or text[0] in "«{"
        # «{reason}» at the end is a sentence of its own.
        if not opens or not text.endswith((".", "?", "!", "{reason}")):
            faults.append(f"{code}: not a sentence: {text}")
        if text.isascii():
            faults.append(f"{code}: not Vietnamese: {text}")
    assert not faults, "\n".join(faults)


def _raised() -> list[tuple[str, int, str, set[str] | None]]:
    """Each refusal made in the product: file, line, code, names of its parameters (None if dynamic)."""
    found = []
    for source in sources():
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call) or called(node).rsplit(".", 1)[-1] not in REFUSALS:
                continue
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                names = {word.arg for word in node.keywords}
                given = None if None in names else {name for name in names if name and name != "field"}
                found.append((source.name, node.lineno, first.value, given))
    return found


def test_every_refusal_has_a_sentence() -> None:
    known = set(errors.catalogue())
    faults = [f"{file}:{line} {code}" for file, line, code, _ in _raised() if code not in known]
    assert not faults, "no sentence for:\n" + "\n".join(faults)


def test_sentences_get_the_parameters_they_name() -> None:
    """A missing parameter would turn a refusal into a bug."""
    catalogue = errors.catalogue()
    faults = []
    for file, line, code, given in _raised():
        fields = string.Formatter().parse(catalogue.get(code, ""))
        wanted = {name for _, name, _, _ in fields if name}
        if given is not None and wanted - given:
            faults.append(f"{file}:{line} {code} lacks {', '.join(sorted(wanted - given))}")
    assert not faults, "\n".join(faults)


def test_no_sentence_without_a_refusal() -> None:
    used = {
        node.value
        for source in sources()
        if source.path.name != "errors.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    unused = sorted(set(errors.catalogue()) - used)
    assert not unused, f"nothing refuses with {', '.join(unused)}"


def test_every_action_says_what_it_is_and_who_may() -> None:
    faults = []
    for code, action in permissions.actions().items():
        if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", code):
            faults.append(f"{code}: write it as module.thing.verb")
        if not action.label or action.label.isascii():
            faults.append(f"{code}: label is not Vietnamese: {action.label}")
        if not action.rules:
            faults.append(f"{code}: nobody may do it")
        if action.condition is not None and not action.condition_sentence:
            faults.append(f"{code}: its condition has no sentence")
    assert not faults, "\n".join(faults)


# The clock is read where a request or a job begins, where an outbox row is delivered, where a file is
# judged as things stand now, and where something that ages is kept: a list, a secret, a token.
CLOCKS = {
    "modules/access/edge.py", "modules/access/sessions.py", "kit/outbox.py", "modules/importing/command.py",
    "modules/records/proof.py", "modules/records/verification.py", "signing/command.py",
    "modules/records/trust.py", "modules/records/secrets.py", "modules/records/providers.py",
    "modules/records/views/evidence.py", "modules/store/views/machine.py",
    "modules/transcripts/views/sharing.py",
}  # fmt: skip
CLOCK_CALLS = {
    "date.today", "dt.date.today", "datetime.date.today", "timezone.now", "timezone.localdate",
    "datetime.now", "dt.datetime.now", "datetime.datetime.now",
}  # fmt: skip


def test_services_take_the_day_from_the_actor() -> None:
    faults = [
        f"{source.name}:{node.lineno} calls {called(node)}"
        for source in sources()
        if source.tier != "project" and source.name not in CLOCKS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and called(node) in CLOCK_CALLS
    ]
    assert not faults, "use actor.today or actor.now:\n" + "\n".join(faults)


def test_marks_are_never_binary_floats() -> None:
    faults = []
    for source in sources():
        if source.tier not in {"core", "rules"}:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Name) and node.id == "float":
                faults.append(f"{source.name}:{node.lineno} names float")
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                faults.append(f"{source.name}:{node.lineno} has the float {node.value}")
    assert not faults, "\n".join(faults)


PARAMETERS = sorted((PACKAGE / "rules" / "parameters").glob("*.toml"))


@pytest.mark.parametrize("path", PARAMETERS, ids=lambda path: path.stem)
def test_parameters_of_law_are_exact_and_cited(path) -> None:
    text = path.read_text(encoding="utf-8")
    floats: list[str] = []
    tomllib.loads(text, parse_float=lambda found: floats.append(found) or 0)
    assert not floats, f"write {floats} as text, so that it stays exact"
    assert re.search(r"TT|NĐ|QĐ|Điều|Art|Luật|Thông tư", text), "no citation"


WRITERS = {"record", "event_for", "_log"}
AUDITED = re.compile(r"[a-z]+(\.[a-z_]+)+")


def test_every_line_of_the_log_has_a_name() -> None:
    """A person reads «Mở lớp» in the log, not «schooling.class.opened»."""
    written: set[str] = set()
    for source in sources():
        for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
            if getattr(call.func, "attr", getattr(call.func, "id", "")) not in WRITERS:
                continue
            texts = [node for arg in call.args for node in ast.walk(arg) if isinstance(node, ast.Constant)]
            written |= {str(node.value) for node in texts if AUDITED.fullmatch(str(node.value))}
    assert len(written) > 40
    assert sorted(written - set(ACTION_NAMES)) == []
