"""What may know what. The contracts of .importlinter say most; this is what they cannot say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from django.apps import apps
from django.db import models

from tests.architecture.sources import MODULES, PACKAGE, PURE, ROOT, called, imported, sources

PUBLIC = {"api", "data", "events"}
# The gate before every page is shared by all modules above `access` (docs/adr/0003).
ALSO_PUBLIC = {"khue.modules.access.edge"}
KEYS = {"models.ForeignKey", "models.OneToOneField"}
LONGEST_FILE = 500
VALUES = re.compile(r"khue\.modules\.\w+\.data\.")
LONGEST_API = 150
BLOCKED = ("django", "allauth", "psycopg", "pydantic", "khue.kit", "khue.modules", "khue.project")


def test_modules_are_seen_through_their_public_files() -> None:
    faults = []
    for source in sources():
        if source.tier not in {"modules", "kit"}:
            continue
        for line, name in imported(source):
            parts = name.split(".")
            if parts[:2] != ["khue", "modules"] or parts[2:3] == [source.module]:
                continue
            # `from khue.modules import people` would open all of its files.
            if len(parts) < 4 or (parts[3] not in PUBLIC and ".".join(parts[:4]) not in ALSO_PUBLIC):
                faults.append(f"{source.name}:{line} imports {name}")
    assert not faults, "import api, data or events of another module:\n" + "\n".join(faults)


def test_the_pure_tiers_load_without_django() -> None:
    """Also indirectly, and so that `khue rules check` starts fast."""
    names = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for tier in PURE
        for path in sorted((PACKAGE / tier).rglob("*.py"))
        if "tests" not in path.parts and path.name != "__init__.py"
    ]
    program = (
        "import sys\n"
        f"blocked = {BLOCKED!r}\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith(blocked):\n"
        "            raise ImportError('a pure tier loads ' + name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import importlib\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_public_values_are_plain() -> None:
    """data.py and events.py cross borders: they know the standard library, core, rules, such values."""
    faults = []
    for source in sources():
        if not source.module or source.path.name not in {"data.py", "events.py"}:
            continue
        for line, name in imported(source):
            ours = name.startswith(("khue.core.", "khue.rules.")) or VALUES.match(name)
            if not ours and name.split(".")[0] not in sys.stdlib_module_names:
                faults.append(f"{source.name}:{line} imports {name}")
    assert not faults, "\n".join(faults)


def test_every_api_says_what_is_public_and_stays_short() -> None:
    faults = []
    for module in MODULES:
        path = PACKAGE / "modules" / module / "api.py"
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        if "__all__" not in text:
            faults.append(f"{module}/api.py has no __all__")
        if text.count("\n") > LONGEST_API:
            faults.append(f"{module}/api.py has more than {LONGEST_API} lines")
    assert not faults, "\n".join(faults)


def test_files_stay_readable() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in (*sorted((ROOT / "src").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py")))
        if "migrations" not in path.parts
        and (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    ]
    assert not long, "split these files:\n" + "\n".join(long)


# The page that explains access asks for any model that has an action, by name.
ALLOWED_BY_NAME = {("modules/access/explain.py", "apps.get_model")}
SIGNALS = (
    "django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.auth.signals",
)  # fmt: skip


def test_no_signals_and_no_models_by_name() -> None:
    """Business is called or announced; nothing hides behind save() (docs/adr/0004, 0009)."""
    faults = []
    for source in sources():
        faults += [
            f"{source.name}:{line} imports {name}"
            for line, name in imported(source)
            if name.startswith(SIGNALS) or ".signals." in f"{name}."
        ]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call):
                name = called(node)
                hidden = name == "receiver" or name.endswith((".get_model", ".connect"))
                if hidden and (source.name, name) not in ALLOWED_BY_NAME:
                    faults.append(f"{source.name}:{node.lineno} calls {name}")
            if isinstance(node, ast.ClassDef):
                faults += [
                    f"{source.name}:{item.lineno} {node.name}.{item.name} hides business"
                    for item in node.body
                    if isinstance(item, ast.FunctionDef) and item.name in {"save", "delete"} and source.module
                ]
    assert not faults, "\n".join(faults)


def test_foreign_keys_across_modules_point_down_and_protect() -> None:
    faults = []
    for model in apps.get_models():
        if not model.__module__.startswith("khue.modules."):
            continue
        here = model.__module__.split(".")[2]
        for field in model._meta.local_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            target = field.related_model
            there = target.__module__.split(".")[2] if target.__module__.startswith("khue.modules.") else here
            if there == here:
                continue
            name = f"{here}.{model.__name__}.{field.name}"
            if MODULES.index(there) < MODULES.index(here):
                faults.append(f"{name} points up to {there}")
            if field.remote_field.on_delete is not models.PROTECT:
                faults.append(f"{name} must be PROTECT")
            if field.remote_field.related_name != "+":
                faults.append(f"{name} must have related_name='+'")
    assert not faults, "\n".join(faults)


def test_foreign_keys_across_modules_are_names() -> None:
    """A class would be an import of another module's tables."""
    faults = []
    for source in sources():
        if not source.module:
            continue
        own = {line for line in imported(source) if line[1].startswith(f"khue.modules.{source.module}.")}
        known = {name.rsplit(".", 1)[1] for _, name in own}
        known |= {node.name for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call) or called(node) not in KEYS:
                continue
            target = node.args[0] if node.args else None
            if isinstance(target, ast.Name) and target.id not in known:
                faults.append(f"{source.name}:{node.lineno} names {target.id} as a class")
    assert not faults, "\n".join(faults)


def test_no_generic_foreign_keys() -> None:
    found = [s.name for s in sources() if "GenericForeignKey" in s.path.read_text(encoding="utf-8")]
    assert not found


def test_migrations_have_names() -> None:
    auto = [str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("migrations/*_auto_*.py")]
    assert not auto, "name these migrations:\n" + "\n".join(auto)
