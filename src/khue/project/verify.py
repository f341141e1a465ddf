"""`khue verify`: prove that the history of marks was not changed behind the program's back."""

from __future__ import annotations

import argparse

HISTORY = {
    "missing": "thiếu một thay đổi",
    "digest": "nội dung thay đổi bị sửa",
    "head": "thiếu các thay đổi cuối",
    "cell": "ô điểm khác lần thay đổi cuối của nó",
}
RECORDS = {
    ("closing", "proof"): "một lần chốt có chứng nhận không khớp",
    ("closing", "statement"): "một lần chốt bị sửa sau khi chứng nhận",
    ("closing", "history"): "một lần chốt không khớp với lịch sử điểm lúc đó",
    ("result", "digest"): "một kết quả đã lưu khi khoá bị sửa",
}

def main(argv: list[str]) -> int:
    """Walk every sheet's chain, every closing act and kept result; names what does not hold."""
    argparse.ArgumentParser(prog="khue verify", description=__doc__).parse_args(argv)
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415

    sheets = gradebook.Sheet.objects.order_by("id")
    count = sheets.count()
    broken = list(gradebook.verify_history(sheets.iterator()))
    for item in broken:
        name = gradebook.sheet_in_words(item.sheet_id)
        print(f"{name}: sai lệch ở thay đổi thứ {item.sequence}: {HISTORY[item.what]}. [{item.sheet_id}]")  # noqa: T201
    wrong = list(gradebook.verify_records())
    for record in wrong:
        print(f"Lớp {record.class_name}: {RECORDS[record.kind, record.what]}. [{record.key}]")  # noqa: T201
    print(f"{count - len(broken)} bảng nguyên vẹn, {len(broken)} bảng sai lệch")  # noqa: T201
    print(f"{len(wrong)} lần chốt hoặc kết quả đã lưu sai lệch")  # noqa: T201
    return 1 if broken or wrong else 0
