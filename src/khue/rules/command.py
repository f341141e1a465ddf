"""`khue rules check FILE.json`."""

from __future__ import annotations

import sys

from khue.rules import check


def main(argv: list[str]) -> int:
    """Run the named action of the rules."""
    if argv[:1] != ["check"]:
        print("Cách dùng: khue rules check TỆP.json", file=sys.stderr)  # noqa: T201
        return 2
    return check.main(argv[1:])
