"""What the page's scripts say, in the language of the page.

A script says `_('Đã lưu {at}', { at })`. Vietnamese needs no table; for another language the page
brings one: Vietnamese sentence → sentence of that language (see static/ui/grid-words.js).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language, gettext

FOLDER = Path(__file__).parent / "static" / "ui"
CALL = re.compile(r"\b_\(\s*'((?:[^'\\\n]|\\.)*)'")


def in_script(source: str) -> list[str]:
    """The sentences of a script, each once."""
    return list(dict.fromkeys(text.replace("\\'", "'") for text in CALL.findall(source)))


@lru_cache(maxsize=1)
def sentences() -> tuple[str, ...]:
    """The sentences of all scripts; they are part of the package, so once per process is enough."""
    found: dict[str, None] = {}
    for path in sorted(FOLDER.glob("*.js")):
        found |= dict.fromkeys(in_script(path.read_text(encoding="utf-8")))
    return tuple(found)


def table() -> dict[str, str]:
    """Those that read differently in the language of this page."""
    if get_language() == settings.LANGUAGE_CODE:
        return {}
    said = {text: gettext(text) for text in sentences()}
    return {text: other for text, other in said.items() if other != text}
