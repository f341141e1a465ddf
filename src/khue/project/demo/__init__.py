"""`khue demo`: a sample province in a temporary SQLite file, served on localhost.

Everything in it is invented. The same school year gives the same province.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path


def main(argv: list[str]) -> int:
    """Build the demo and serve it until stopped."""
    parser = argparse.ArgumentParser(prog="khue demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--folder", type=Path, help="keep the data here instead of a temporary folder")
    parser.add_argument("--build-only", action="store_true", help="build, print the logins, do not serve")
    options = parser.parse_args(argv)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="khue-demo-"))
    try:
        build(folder)
        if options.build_only:
            return 0
        print(f"\n  Mở trình duyệt: http://{options.host}:{options.port}/\n  Dừng: Ctrl+C", flush=True)  # noqa: T201
        from khue.project.server import serve  # noqa: PLC0415 - after the settings are named

        serve(options.host, options.port, workers=1)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def use_folder(folder: Path) -> None:
    """Point the settings at the demo's own folder; must run before Django loads."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        KHUE_DATA_DIR=str(folder), KHUE_DEMO="1", KHUE_REQUIRE_MFA="0", KHUE_DATABASE_URL="",
        KHUE_PROFILE="school",
    )  # fmt: skip


def build(folder: Path) -> None:
    """Make the province, showing progress; a folder that already holds one is left as it is."""
    use_folder(folder)
    began = time.monotonic()
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from khue.project.demo.tables import make_tables  # noqa: PLC0415
    from khue.project.server import prepare  # noqa: PLC0415

    os.umask(0o077)  # the file is for its owner's eyes from the beginning
    make_tables(connection)
    prepare()
    from khue.project.demo.logins import demo_logins  # noqa: PLC0415
    from khue.project.demo.province import build_province  # noqa: PLC0415

    if not demo_logins():
        gc.disable()  # everything is needed until the end
        build_province(_progress)
        gc.enable()
        print(f"\r  Xong sau {time.monotonic() - began:.1f} giây.{' ' * 50}", file=sys.stderr)  # noqa: T201
    for login in demo_logins():
        print(f"  {login.username:<10} {login.role:<28} {login.name}, {login.unit}")  # noqa: T201
    if demo_logins():
        print(f"  Mật khẩu chung: {demo_logins()[0].password}")  # noqa: T201


def _progress(text: str, percent: int) -> None:
    print(f"\r  [{percent:3d} %] {text:<60}", end="", file=sys.stderr, flush=True)  # noqa: T201
