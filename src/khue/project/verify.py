"""`khue verify`: prove that the history of marks was not changed behind the program's back."""

from __future__ import annotations

import argparse


def main(argv: list[str]) -> int:
    """Walk every sheet's chain; names the first break of each broken sheet."""
    argparse.ArgumentParser(prog="khue verify", description=__doc__).parse_args(argv)
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415

    sheets = gradebook.Sheet.objects.order_by("id")
    count = sheets.count()
    broken = list(gradebook.verify_history(sheets.iterator()))
    for item in broken:
        print(f"Bảng {item.sheet_id}: sai lệch ở thay đổi thứ {item.sequence} ({item.what}).")  # noqa: T201
    print(f"{count - len(broken)} bảng nguyên vẹn, {len(broken)} bảng sai lệch")  # noqa: T201
    return 1 if broken else 0
