"""Invented names that sound like the province's: Tày, Nùng, Kinh, Dao, Hoa families."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FAMILIES = (
    "Nông", "Hoàng", "Lý", "Vi", "Triệu", "Lương", "Hà", "Chu", "Đàm", "Lăng", "Dương", "Phan", "Mông", "Bế",
    "Lâm", "Nguyễn", "Trần", "Phùng", "La", "Ma", "Lộc", "Hứa", "Đinh", "Liễu",
)  # fmt: skip
GIRLS_MIDDLE = ("Thị", "Thu", "Ngọc", "Bích", "Thanh", "Khánh", "Phương", "Minh")
BOYS_MIDDLE = ("Văn", "Đức", "Minh", "Quốc", "Tiến", "Hữu", "Công", "Xuân")
GIRLS = (
    "Hoa", "Lan", "Mai", "Huệ", "Ánh", "Bình", "Châu", "Duyên", "Giang", "Hà", "Hạnh", "Hương", "Linh",
    "Ngân",
    "Nhung", "Oanh", "Thảo", "Trang", "Uyên", "Yến", "Vân", "Đào", "Thuỷ", "Diệp",
)  # fmt: skip
BOYS = (
    "Anh", "Bảo", "Cường", "Đức", "Dũng", "Hải", "Hoàng", "Huy", "Khải", "Kiên", "Lâm", "Long", "Nam",
    "Phong",
    "Quân", "Sơn", "Tài", "Thắng", "Tuấn", "Tùng", "Việt", "Vũ", "Đạt", "Chiến",
)  # fmt: skip
ETHNIC = ("02", "02", "07", "07", "07", "01", "09")  # Tày, Nùng, Kinh, Dao
HAMLETS = ("Khe Vàng", "Bản Chu", "Pò Lọi", "Nà Lừa", "Khuổi Tấu", "Tằm Hán", "Pác Mạ")


def full_name(random: Random, sex: str) -> str:
    """A name for a girl or a boy."""
    middle, given = (GIRLS_MIDDLE, GIRLS) if sex == "Nữ" else (BOYS_MIDDLE, BOYS)
    return f"{random.choice(FAMILIES)} {random.choice(middle)} {random.choice(given)}"
