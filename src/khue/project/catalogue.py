"""The catalogues (bản dịch): which words the source has, the .po files, the compiled .mo files.

Vietnamese is the source (ADR 14). This reads templates and Python as `xgettext` would, so that
nobody needs the tools of gettext to change a word; `./khue manage catalogue` calls it.
"""

from __future__ import annotations

import ast
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation.template import templatize

from khue.kit.ui import scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parent.parent
ENGLISH = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
VIETNAMESE = PACKAGE / "locale" / "vi" / "LC_MESSAGES" / "django.po"  # of allauth's words, kept by hand
MARKS = {"_", "gettext", "gettext_noop", "gettext_lazy"}
PLURAL_MARKS = {"ngettext", "ngettext_lazy"}
CONTEXT_MARKS = {"pgettext", "pgettext_lazy"}
HEADER = (
    "Project-Id-Version: khue\nLanguage: en\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
)
BORROWED_HEADER = HEADER.replace("Language: en", "Language: vi").replace(
    "nplurals=2; plural=(n != 1)", "nplurals=1; plural=0"
)
NOTE = "# English words of Khuê. The Vietnamese source is the msgid; see docs/adr/0014-language.md.\n"

Message = tuple[str, str, str]  # context, singular, plural; «» where there is none
Written = dict[Message, tuple[str, ...]]


def messages() -> dict[Message, list[str]]:
    """Every message of the source with the files that say it, in the order of files and lines."""
    found: dict[Message, list[str]] = {}
    paths = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("templates/**/*.html"), *scripts.FOLDER.glob("*.js")]
    for path in sorted(paths):
        place = path.relative_to(PACKAGE)
        if {"tests", "migrations", "bench"} & set(place.parts):
            continue
        source = path.read_text(encoding="utf-8")
        for message in READERS[path.suffix](source):
            places = found.setdefault(message, [])
            if place.as_posix() not in places:
                places.append(place.as_posix())
    return found


def in_python(source: str) -> Iterator[Message]:
    """The messages of a Python file: constants in a call of gettext under any of its names."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        texts = [str(arg.value) for arg in call.args if isinstance(arg, ast.Constant)]
        if name in CONTEXT_MARKS or (name == "_" and len(texts) == 2):  # noqa: PLR2004 - context, text
            yield texts[0], texts[1], ""
        elif name in MARKS and len(texts) == 1:
            yield "", texts[0], ""
        elif name in PLURAL_MARKS:
            yield "", texts[0], texts[1]


CALL = re.compile(r"\b(?:[np]?gettext|_)\((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*\)")


def in_template(source: str) -> Iterator[Message]:
    """The messages of a template: Django rewrites it as calls of gettext."""
    for call in CALL.findall(templatize(source)):
        yield from in_python(call)


def in_script(source: str) -> Iterator[Message]:
    """The messages of a script."""
    yield from (("", text, "") for text in scripts.in_script(source))


READERS = {".py": in_python, ".html": in_template, ".js": in_script}


def read(path: Path = ENGLISH) -> Written:
    """The translations that a .po file holds, without its header."""
    found: Written = {}
    for block in path.read_text(encoding="utf-8").split("\n\n") if path.exists() else ():
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            match = re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line)
            if match:
                key, text = match.group(1), match.group(2)
            elif line.startswith('"'):
                text = line
            else:
                continue
            parts[key] = parts.get(key, "") + ast.literal_eval(text)
        if parts.get("msgid"):
            texts = tuple(text for name, text in parts.items() if name.startswith("msgstr"))
            found[parts.get("msgctxt", ""), parts["msgid"], parts.get("msgid_plural", "")] = texts
    return found


def po_text(places: dict[Message, list[str]], written: Written) -> str:
    """The .po file: every message of the source, with its translation or an empty one."""
    header = "".join(f"{_quoted(line)}\n" for line in HEADER.splitlines(keepends=True))
    blocks = [f'{NOTE}msgid ""\nmsgstr ""\n{header}']
    for (context, singular, plural), files in places.items():
        texts = written.get((context, singular, plural), ("", "") if plural else ("",))
        lines = [f"#: {file}" for file in files]
        lines += [f"msgctxt {_quoted(context)}"] if context else []
        lines.append(f"msgid {_quoted(singular)}")
        if plural:
            lines.append(f"msgid_plural {_quoted(plural)}")
            lines += [f"msgstr[{number}] {_quoted(text)}" for number, text in enumerate(texts)]
        else:
            lines.append(f"msgstr {_quoted(texts[0])}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def mo_bytes(written: Written, header: str = HEADER) -> bytes:
    """The compiled catalogue, as `msgfmt` makes it: two sorted tables of lengths and offsets, the texts."""
    entries = {b"": header.encode()}
    for (context, singular, plural), texts in written.items():
        if all(texts):
            key = f"{context}\4{singular}" if context else singular
            key += f"\0{plural}" if plural else ""
            entries[key.encode()] = "\0".join(texts).encode()
    keys = sorted(entries)
    start = 28 + 16 * len(keys)
    tables: list[bytes] = []
    body = b""
    for texts_in_order in (keys, [entries[key] for key in keys]):
        for text in texts_in_order:
            tables.append(struct.pack("<II", len(text), start + len(body)))
            body += text + b"\0"
    head = struct.pack("<IIIIIII", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + b"".join(tables) + body


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
