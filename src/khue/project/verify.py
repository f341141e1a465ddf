"""`khue verify`: with files, what they prove; without, that nobody changed what is stored here.

Without a file every mark history, closing act, kept result, register, signed record and the evidence log are
compared with each other; the first thing that does not hold is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khue.modules.gradebook.data import HistoryBreak, RecordBreak
    from khue.modules.records.data import RecordFault
    from khue.modules.register.data import RegisterBreak

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
    ("closing", "missing"): "một chữ ký không còn lần chốt của nó",
    ("result", "digest"): "một kết quả đã lưu khi khoá bị sửa",
}
FAULTS = {
    "section": "một phần đã ký bị sửa trong cơ sở dữ liệu",
    "signature": "một chữ ký không còn đúng",
    "file": "tệp đã phát hành khác với các phần của nó",
    "state": "tình trạng không khớp với tệp",
    "log": "nhật kí bằng chứng không khớp",
}
REGISTER = {
    "seed": "số hoặc nội dung lúc vào sổ bị sửa",
    "sequence": "thiếu một biến động",
    "digest": "một biến động bị sửa",
    "head": "thiếu các biến động cuối",
    "said": "nội dung hiện ghi khác với các biến động",
    "closing": "một lần khoá sổ bị sửa hoặc bị bỏ",
    "page": "thiếu biến động đã nằm trên trang đã khoá",
}
USAGE = """\
khue verify              đối chiếu lịch sử điểm, lần chốt, sổ đăng bộ, hồ sơ đã ký, nhật kí bằng chứng
khue verify TỆP …        kiểm tra hồ sơ .xml, bản in .pdf, gói .zip (thêm --help để xem lựa chọn)
Mã thoát: 0 hợp lệ, 1 không hợp lệ, 2 chưa rõ"""


def main(argv: list[str]) -> int:
    """Verify files, or everything that is stored."""
    if argv in (["-h"], ["--help"]):
        print(USAGE)  # noqa: T201
        return 0
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    if argv:
        from khue.modules.records import api as records  # noqa: PLC0415
        from khue.signing import command  # noqa: PLC0415

        return command.main(argv, records.known_here())
    found = list(examine())
    for text in found:
        print(text)  # noqa: T201
    print(f"{_sheets()} bảng điểm, {_documents()} hồ sơ đã ký: {len(found)} sai lệch")  # noqa: T201
    return 1 if found else 0


def examine() -> Iterator[str]:
    """Everything that does not hold, in sentences; nothing if all agrees."""
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415 - after Django is set up
    from khue.modules.records import api as records  # noqa: PLC0415
    from khue.modules.register import api as register  # noqa: PLC0415

    for broken in gradebook.verify_history(gradebook.Sheet.objects.order_by("id").iterator()):
        yield _of_history(broken, gradebook.sheet_in_words(broken.sheet_id))
    for record in gradebook.verify_records():
        yield _of_record(record)
    for entry in register.verify_register():
        yield _of_register(entry)
    for fault in records.verify_documents():
        yield _of_document(fault)


def _of_history(broken: HistoryBreak, name: str) -> str:
    what = HISTORY[broken.what]
    return f"{name}: sai lệch ở thay đổi thứ {broken.sequence}: {what}. [{broken.sheet_id}]"


def _of_record(record: RecordBreak) -> str:
    return f"Lớp {record.class_name}: {RECORDS[record.kind, record.what]}. [{record.key}]"


def _of_register(broken: RegisterBreak) -> str:
    where = f", số {broken.number}" if broken.number else ""
    return f"Sổ đăng bộ {broken.book}{where}: {REGISTER[broken.what]}."


def _of_document(fault: RecordFault) -> str:
    return f"Hồ sơ {fault.document}: {FAULTS[fault.kind]}: {fault.what}"


def _sheets() -> int:
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415

    return gradebook.Sheet.objects.count()


def _documents() -> int:
    from khue.modules.records import api as records  # noqa: PLC0415

    return records.Document.objects.count()
