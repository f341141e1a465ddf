"""The verifier when it runs alone, from a `.pyz` (kiểm tra độc lập): trusts what was packed beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import khue
from khue.signing import command
from khue.signing.log.policy import Policy
from khue.signing.trust.anchors import TEST, load_anchors

FOLDER, KEYS = "trusted", "keys.txt"


def main(argv: list[str]) -> int:
    """`khue verify TỆP…`, with the roots and the log's key of whoever made the file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    return command.main(argv, known())


def known() -> command.Known:
    """What was packed; without it the package's own sets, and no log."""
    place = Path(khue.__file__).resolve().parent.parent / FOLDER
    anchors = load_anchors()
    if place.is_dir():
        anchors += load_anchors(place)
    keys = place / KEYS
    policy = Policy.parse(keys.read_text(encoding="utf-8")) if keys.is_file() else None
    return command.Known(anchors, policy, allow_test=any(one.set == TEST for one in anchors.anchors))
