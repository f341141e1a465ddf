"""`khue bench`: the speed that was promised, measured here, as a table or JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from typing import Any

ALL = {
    "gradebook": ("rules", "page", "save", "import", "province", "browser", "demo"),
    "signing": ("sign", "verify", "prepare", "province", "log", "school"),
    "transcripts": ("compose", "sign", "paper", "store", "digest"),
}


def main(argv: list[str]) -> int:
    """Measure and print; nothing here passes or fails, the numbers speak."""
    parser = argparse.ArgumentParser(prog="khue bench")
    parser.add_argument("what", choices=tuple(ALL))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--quick", action="store_true", help="shorter runs, a smaller province")
    names = sorted({name for parts in ALL.values() for name in parts})
    parser.add_argument("--only", choices=names, action="append", help="only these parts")
    options = parser.parse_args(argv)
    from khue.project.bench import parts, signing, transcripts  # noqa: PLC0415 - only now

    chosen = [name for name in ALL[options.what] if not options.only or name in options.only]
    if options.what == "signing":
        planned = signing.plan(chosen, quick=options.quick)
    elif options.what == "transcripts":
        planned = transcripts.plan(chosen, quick=options.quick)
    else:
        planned = parts.plan(chosen, options.database, quick=options.quick)
    results: list[parts.Result] = []
    for part in planned:
        print(f"… {part.title}", file=sys.stderr, flush=True)  # noqa: T201
        results += part.run()
    report: dict[str, Any] = {"machine": machine(), "results": [result.to_json() for result in results]}
    print(json.dumps(report, ensure_ascii=False, indent=1) if options.json else parts.as_table(report))  # noqa: T201
    return 0


def machine() -> dict[str, Any]:
    """What was measured on."""
    import django  # noqa: PLC0415

    from khue.project.sqlite import library_version, use_bundled_sqlite  # noqa: PLC0415

    use_bundled_sqlite()
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "sqlite": ".".join(str(part) for part in library_version()),
    }


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - a pseudo file
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
