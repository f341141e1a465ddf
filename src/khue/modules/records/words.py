"""Words of signed records that `khue.signing` says without Django, marked here; tests compare them.

They are signed, stored and printed in Vietnamese, and shown on a page in the language of the reader.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

# Names of records and of roles (signing/record_types.toml, signing/foreign/layouts).
OF_RECORDS = (
    _("Sổ theo dõi và đánh giá học sinh, học kì"), _("Sổ theo dõi và đánh giá học sinh, cả năm"),
    _("Sổ theo dõi và đánh giá học sinh, sau hè"),
    _("Học bạ, một năm học"), _("Học bạ tiểu học, một năm học"), _("Gói học bạ gửi kho của Sở"),
    _("Gói hồ sơ chuyển trường"), _("Sổ đăng bộ, một năm học"),
    _("Học bạ số"), _("Lí lịch học sinh"), _("Tổng kết cả năm"),
    _("Giáo viên bộ môn"), _("Giáo viên chủ nhiệm"), _("Cán bộ quản lí"), _("Nhà trường"),
)  # fmt: skip

# Sections of a gradebook, the rest of a title, and the reason of a version that was replaced.
OF_SECTIONS = (
    _("Tổng hợp học kì I"), _("Tổng hợp học kì II"), _("Tổng hợp cả năm"), _("Tổng hợp sau hè"),
    _("cả năm"), _("Thay bằng bản"),
)  # fmt: skip

# What is wrong in a binary file, inside a sentence (`what`), for whoever must find the fault.
OF_FAULTS = (
    # DER
    _("thừa byte ở cuối"), _("số nguyên rỗng"), _("số nguyên không ở dạng ngắn nhất"), _("giá trị đúng/sai"),
    _("chuỗi bit"), _("thời điểm"), _("hết dữ liệu giữa chừng"), _("thẻ nhiều byte"), _("độ dài"),
    _("định danh đối tượng"),
    # CMS and time-stamps
    _("không phải SignedData"), _("thành phần của SignedData"), _("phiên bản"), _("danh sách hàm băm"),
    _("loại chứng thư"), _("thứ tự thuộc tính"), _("nội dung không tách rời"), _("thuộc tính lặp lại"),
    _("không có chứng thư người ký"), _("số người ký"), _("thuộc tính nhiều giá trị"),
    _("thiếu phần tử"), _("thiếu dấu"), _("phiên bản SignedData"), _("không phải TSTInfo"),
    _("phiên bản SignerInfo"), _("phiên bản TSTInfo"), _("thuật toán băm"), _("số phần tử"), _("quá lớn"),
    # PDF
    _("bỏ qua bản đã đóng dấu"), _("số lượng"), _("phải có đúng hai đoạn"),
    _("đoạn trống, chồng nhau hoặc vượt ra ngoài tệp"), _("không dừng ở cuối một lần ghi"),
    _("khoảng trống không phải chỗ chứa chữ ký"), _("không phải chuỗi thập lục phân"),
    _("có dữ liệu sau chữ ký"), _("đối tượng quá lớn"), _("đối tượng không khớp bảng tham chiếu"),
    _("hai chữ ký chồng lên nhau"), _("ký tự"), _("không phải DER"), _("quá nhiều đối tượng"),
    _("dữ liệu ngoài bảng tham chiếu"), _("biểu mẫu"), _("tham chiếu"), _("bảng tham chiếu"),
    _("tệp mã hoá hoặc lai"), _("đầu tệp"), _("cuối tệp"), _("danh mục"), _("đối tượng"),
    _("luồng dữ liệu"), _("thứ tự các lần ghi"), _("tệp đã được sửa, hoặc có biểu mẫu, hành động"),
    _("chú thích của trang 1"), _("trang 1"), _("ô nhập liệu"), _("mã định danh tệp"), _("không có mức"),
    _("danh mục không chỉ đến con dấu"), _("mức"), _("vị trí chữ ký"), _("chữ ký"),
)  # fmt: skip
