"""What columns of a list of pupils are called: alone, below a group, or both said at once."""

from __future__ import annotations

from khue.core.names import fold
from khue.sheets.headers import NAME, Matcher, one_of, under

NOW = (
    "Chỗ ở hiện nay",
    "Nơi ở hiện nay",
    "Chỗ ở",
    "Địa chỉ hiện nay",
    "Nơi ở",
    "Chỗ ở hiện tại",
    "Địa chỉ nơi ở hiện nay",
)
HOME = (
    "Hộ khẩu thường trú",
    "Thường trú",
    "Nơi thường trú",
    "Địa chỉ thường trú",
    "Hộ khẩu",
    "Nơi đăng kí thường trú",
    "HKTT",
    "Nơi ĐKTT",
)
BORN = ("Nơi sinh",)
ROOTS = ("Quê quán",)
REGISTERED = ("Nơi khai sinh", "Nơi đăng kí khai sinh", "Nơi ĐKKS")
CARD = (
    "Căn cước",
    "CCCD",
    "Căn cước công dân",
    "CMND/CCCD",
    "Thẻ căn cước",
    "Số định danh",
    "Giấy tờ tuỳ thân",
)
FATHER = ("Cha", "Bố", "Thông tin cha", "Thông tin bố", "Họ tên cha", "Cha học sinh", "Thông tin về cha")
MOTHER = ("Mẹ", "Thông tin mẹ", "Mẹ học sinh", "Thông tin về mẹ")
WARD = (
    "Người giám hộ",
    "Giám hộ",
    "Người đỡ đầu",
    "Thông tin người giám hộ",
    "NGH",
    "Thông tin về người giám hộ",
)
HAMLET = ("SN/Xóm", "Số nhà/Xóm", "Xóm", "Số nhà, xóm", "Số nhà", "SN, xóm", "Số nhà/đường")
AREA = (
    "Khu dân cư",
    "Thôn/Khu",
    "Thôn",
    "Thôn/Xóm",
    "Thôn, khu",
    "Thôn/bản",
    "Bản",
    "Thôn/Tổ dân phố",
    "Thôn, bản",
    "Thôn/Khu phố",
    "Tổ dân phố",
)
PROVINCE = ("Tỉnh/Tp", "Tỉnh", "Tỉnh/Thành phố", "Tỉnh, thành phố", "Tỉnh/TP", "Tỉnh thành")
COMMUNE = (
    "Xã/Phường",
    "Xã",
    "Xã, phường",
    "Phường/Xã",
    "Xã/Phường/Đặc khu",
    "Xã/Phường/Thị trấn",
    "Xã phường",
)
YEAR = ("Năm sinh",)
JOB = ("Nghề nghiệp", "Nghề", "Công việc")
PHONE = ("Điện thoại", "SĐT", "Số điện thoại", "Số ĐTDĐ", "ĐT", "Số ĐT", "Di động", "ĐTDĐ")
NAMES = ("Tên", *NAME)


def _parent(groups: tuple[str, ...], short: tuple[str, ...]) -> tuple[Matcher, Matcher, Matcher, Matcher]:
    """Name, birth year, job and telephone of a parent."""

    def joined(words: tuple[str, ...]) -> list[str]:
        return [f"{word} {who}" for word in words for who in short] + [
            f"{word} của {who}" for word in words for who in short
        ]

    return (
        under(groups, NAMES, [*joined(("Họ tên", "Họ và tên", "Tên")), *groups]),
        under(groups, YEAR, joined(("Năm sinh", "NS"))),
        under(groups, JOB, joined(("Nghề nghiệp", "Nghề"))),
        under(
            groups,
            PHONE,
            joined(("Điện thoại", "SĐT", "Số điện thoại", "Số ĐTDĐ", "ĐT", "Số ĐT", "Di động", "ĐTDĐ")),
        ),
    )


def _address(groups: tuple[str, ...]) -> tuple[Matcher, Matcher, Matcher, Matcher]:
    """Hamlet, area, province and commune of an address."""
    by = ["theo " + fold(group) for group in groups] + [fold(group) for group in groups]

    def joined(words: tuple[str, ...]) -> list[str]:
        return [f"{word} {tail}" for word in words for tail in by] + [
            f"{word} ({group})" for word in words for group in groups
        ]

    return (
        under(groups, HAMLET, joined(HAMLET)),
        under(groups, AREA, joined(AREA)),
        under(groups, PROVINCE, joined(PROVINCE)),
        under(groups, COMMUNE, joined(COMMUNE)),
    )


_father, _mother, _ward = (
    _parent(FATHER, ("cha", "bố")),
    _parent(MOTHER, ("mẹ",)),
    _parent(WARD, ("người giám hộ", "giám hộ", "NGH", "người đỡ đầu")),
)
_now, _home = _address(NOW), _address(HOME)
FIELDS: dict[str, Matcher] = {
    "ho_ten": lambda column: (
        (len(column.path) <= 1 and column.leaf in NAME)
        or (column.group in {"hoc sinh", "thong tin hoc sinh", "thong tin chung"} and column.leaf in NAME)
    ),
    "cha": _father[0],
    "cha_nam": _father[1],
    "cha_nghe": _father[2],
    "cha_dt": _father[3],
    "me": _mother[0],
    "me_nam": _mother[1],
    "me_nghe": _mother[2],
    "me_dt": _mother[3],
    "gh": _ward[0],
    "gh_nam": _ward[1],
    "gh_nghe": _ward[2],
    "gh_dt": _ward[3],
    "ma_moet": one_of(
        "Mã MOET",
        "Mã định danh Bộ",
        "Mã Bộ",
        "Mã định danh Bộ GD&ĐT",
        "Mã định danh học sinh",
        "Mã CSDL",
        "Mã HS CSDL ngành",
        "Mã định danh",
        "Mã CSDL ngành",
        "Mã học sinh (Bộ)",
        "Mã Bộ GD&ĐT",
        "Mã học sinh Bộ",
        "Mã HS Bộ",
        "Mã định danh HS",
        "Mã học sinh MOET",
        "Mã định danh (Bộ GD&ĐT)",
    ),
    "ma_suot_doi": one_of(
        "Mã số hồ sơ học tập suốt đời",
        "Mã hồ sơ học tập suốt đời",
        "Mã hồ sơ suốt đời",
        "Mã suốt đời",
    ),
    "ma_hs": one_of(
        "Mã học sinh",
        "Mã HS",
        "Mã số học sinh",
        "Mã số HS",
        "Mã số",
        "ID",
        "Mã",
        "Mã học sinh phần mềm",
        "Mã HSSV",
    ),
    "lop": one_of("Lớp", "Mã lớp", "Tên lớp", "Lớp học"),
    "so_dang_bo": one_of("Số đăng bộ", "Sổ đăng bộ", "Số ĐB", "Số sổ đăng bộ", "Số thứ tự sổ đăng bộ"),
    "ngay_sinh": one_of(
        "Ngày sinh",
        "Ngày tháng năm sinh",
        "Ngày, tháng, năm sinh",
        "Sinh ngày",
        "Ngày sinh HS",
        "Ngày sinh học sinh",
        "NTNS",
    ),
    "gioi_tinh": one_of("Giới tính", "Nam/nữ", "Phái", "Giới"),
    "nu": one_of("Nữ"),  # a tick for girls instead of the sex in words
    "quoc_tich": one_of("Quốc tịch"),
    "dan_toc": one_of("Dân tộc"),
    "ton_giao": one_of("Tôn giáo"),
    "co_xom": _now[0],
    "co_khu": _now[1],
    "co_tinh": _now[2],
    "co_xa": _now[3],
    "tt_xom": _home[0],
    "tt_khu": _home[1],
    "tt_tinh": _home[2],
    "tt_xa": _home[3],
    "noi_sinh": under(
        BORN,
        ("Thông tin nơi sinh", "Nơi sinh", "Chi tiết", "Địa chỉ", "Cơ sở y tế", "Chi tiết nơi sinh"),
        ("Nơi sinh", "Thông tin nơi sinh", "Nơi sinh (bệnh viện)", "Nơi sinh chi tiết"),
    ),
    "ns_tinh": under(BORN, PROVINCE, ("Tỉnh nơi sinh", "Nơi sinh (tỉnh)")),
    "ns_xa": under(BORN, COMMUNE, ("Xã nơi sinh", "Xã/Phường nơi sinh")),
    "que_quan": under(
        ROOTS,
        ("Thông tin quê quán", "Quê quán", "Chi tiết", "Địa chỉ", "Chi tiết quê quán"),
        ("Quê quán", "Nguyên quán", "Thông tin quê quán"),
    ),
    "qq_tinh": under(ROOTS, PROVINCE, ("Tỉnh quê quán",)),
    "qq_xa": under(ROOTS, COMMUNE, ("Xã quê quán", "Xã/Phường quê quán")),
    "ks_tinh": under(REGISTERED, PROVINCE),
    "ks_xa": under(REGISTERED, COMMUNE),
    "so_dinh_danh": under(
        CARD,
        ("Số", "Số CCCD", "Số định danh", "Số căn cước", "Số thẻ"),
        (
            "Số định danh cá nhân",
            "Số CCCD",
            "CCCD",
            "Số định danh",
            "Căn cước",
            "Số căn cước",
            "SĐDCN",
            "Số ĐDCN",
            "Mã định danh cá nhân",
            "CCCD/Số định danh",
            "Số căn cước công dân",
            "Số định danh cá nhân/CCCD",
            "Số CCCD/ĐDCN",
            "Số ĐDCN/CCCD",
        ),
    ),
    "ngay_cap": under(CARD, ("Ngày cấp",), ("Ngày cấp", "Ngày cấp CCCD", "Ngày cấp căn cước")),
    "noi_cap": under(CARD, ("Nơi cấp",), ("Nơi cấp", "Nơi cấp CCCD", "Nơi cấp căn cước")),
    "chinh_sach": one_of(
        "Diện chính sách",
        "Đối tượng chính sách",
        "Chế độ chính sách",
        "Chính sách",
        "Đối tượng ưu tiên",
        "Diện CS",
        "ĐTCS",
        "Đối tượng CS",
    ),
    "can_ngheo": one_of("Cận nghèo", "Hộ cận nghèo"),
    "doan_vien": one_of("Đoàn viên"),
    "doi_vien": one_of("Đội viên"),
    "khuyet_tat": one_of(
        "Khuyết tật", "Loại khuyết tật", "Dạng khuyết tật", "HS khuyết tật", "Học sinh khuyết tật"
    ),
    "noi_tru": one_of(
        "N.trú, B.trú",
        "Nội trú, bán trú",
        "Bán trú",
        "Nội trú",
        "Nội trú/Bán trú",
        "Bán trú/Nội trú",
        "Nội trú, B.trú",
    ),
    "dt_hs": one_of("Điện thoại HS", "SĐT học sinh", "Điện thoại học sinh", "SĐT HS", "ĐT học sinh"),
    "dt_sll": one_of(
        "Điện thoại SLL",
        "Số điện thoại liên hệ",
        "Số điện thoại",
        "Điện thoại liên hệ",
        "SĐT liên hệ",
        "Điện thoại",
        "SĐT",
        "SĐT SLL",
        "Số ĐT liên hệ",
        "ĐT liên hệ",
        "Điện thoại sổ liên lạc",
        "SĐT liên lạc",
        "Điện thoại liên lạc",
    ),
    "email": one_of("Email SLL", "Email", "E-mail", "Email liên hệ", "Thư điện tử", "Địa chỉ email"),
    "trang_thai": one_of(
        "Trạng thái", "Trạng thái HS", "Tình trạng", "Trạng thái học sinh", "Tình trạng học", "Tình trạng HS"
    ),
    "ngay_vao": one_of(
        "Ngày vào trường",
        "Ngày nhập trạng thái",
        "Ngày nhập học",
        "Ngày vào",
        "Ngày tiếp nhận",
        "Ngày trạng thái",
        "Ngày nhập trường",
    ),
    "mon_lc": one_of(
        "Môn học lựa chọn",
        "Môn lựa chọn",
        "Tổ hợp môn",
        "Các môn lựa chọn",
        "Môn tự chọn",
        "Tổ hợp môn lựa chọn",
        "Tổ hợp",
    ),
    "chuyen_de": one_of(
        "Cụm chuyên đề", "Chuyên đề", "Chuyên đề học tập", "Cụm chuyên đề học tập", "Các chuyên đề"
    ),
    "ghi_chu": one_of("Ghi chú", "Chú thích", "GC"),
}
# Outside any group, for want of a column in one: «Thôn/Xóm» is where the family is registered.
ALONE: dict[str, Matcher] = {
    "tt_tinh": one_of("Tỉnh/thành phố theo địa chỉ thường trú", "Tỉnh thường trú"),
    "tt_xa": one_of("Xã/phường theo địa chỉ thường trú", "Xã thường trú"),
    "tt_khu": one_of("Thôn/Xóm", "Thôn", "Thôn, xóm", "Thôn/bản", "Thôn, bản", "Bản/thôn", "Thôn/Tổ"),
    "co_khu": one_of(*NOW, "Địa chỉ", "Chỗ ở hiện nay (thôn)"),
    "co_xa": one_of(*COMMUNE),
    "co_tinh": one_of(*PROVINCE),
}
# What only a list of newcomers says: what they have done before (tuyển sinh đầu cấp).
BEFORE: dict[str, Matcher] = {
    "diem": one_of(
        "Điểm", "Tổng điểm", "Điểm xét tuyển", "Điểm tuyển sinh", "Điểm thi", "Tổng điểm xét tuyển",
        "Điểm TB", "Điểm kiểm tra", "Điểm khảo sát",
    ),
    "hoan_thanh": one_of(
        "Hoàn thành chương trình tiểu học", "Hoàn thành CTTH", "HTCTTH", "Hoàn thành cấp học",
        "Hoàn thành chương trình", "Tốt nghiệp THCS", "Hoàn thành chương trình THCS", "Kết quả cấp học trước",
        "Tốt nghiệp",
    ),
    "truong_cu": one_of(
        "Trường cũ", "Trường đã học", "Học sinh trường", "Trường tiểu học", "Trường THCS", "Trường mầm non",
        "Trường lớp dưới", "Nơi học trước",
    ),
}  # fmt: skip
