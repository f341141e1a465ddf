"""Forms on paper (biểu mẫu in ra): A4 PDF, plain or PDF/A, set by Typst; cheap ones: docs/papers.md.

A template is a `.typ` file in the package that defines `paper(d)`; `d` is what the module gathered, texts
only. Same template, same data: same bytes.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import typst

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]  # the package: templates of all modules, and what they import
FONTS = Path(__file__).parent / "fonts"
ARCHIVAL: Final = "a-2b"  # PDF/A-2, level B (ISO 19005-2)
# The rule of the document stands in brackets of its own: what is in force for a text is part of what Typst
# knows it by, and a title in force would hide from it that this paper's heads are those of the last one.
_MAIN = """\
#import "/{template}": paper
#[#set document(title: {title}, date: {date})]
#paper(json(bytes({data})))
"""
_kept = threading.local()


def render(
    template: Path, data: Mapping[str, Any], *, title: str, archival: dt.datetime | None = None
) -> bytes:
    """The PDF of a form; with `archival` PDF/A-2b, made at that time (bản lưu trữ lâu dài).

    PDF/A asks for a date: give the moment that the data themselves know, such as the issue of the record,
    never the clock. It also refuses characters that no font has (`typst.TypstError`).
    """
    main = _MAIN.format(
        template=template.relative_to(ROOT).as_posix(), title=_string(title),
        date="auto" if archival else "none", data=_string(msgspec.json.encode(data).decode()),
    )  # fmt: skip
    # No tags: with many cells they make a file up to 25 times as large and slow, and screens have the page.
    return cast(
        "bytes",
        _compiler().compile(
            input=main.encode(), pdf_tags=False, timestamp=int(archival.timestamp()) if archival else 0,
            pdf_standards=[ARCHIVAL] if archival else [],
        ),
    )  # fmt: skip


def _string(text: str) -> str:
    """A string literal of Typst; nothing but these two characters means anything inside."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _compiler() -> typst.Compiler:
    """The compiler of this thread, its fonts read once; it serves one document at a time.

    The data are in the text of the main file and not in `sys.inputs`: inputs belong to the library, and with
    another library Typst recognizes nothing that it evaluated or set before.
    """
    if not hasattr(_kept, "compiler"):
        _kept.compiler = typst.Compiler(root=str(ROOT), font_paths=[str(FONTS)], ignore_system_fonts=True)
    return _kept.compiler
