"""Identifiers of people in school records (mã định danh): checked for form, never made up or repaired.

The personal number (số định danh cá nhân) is 12 digits: 3 for the province or country of birth
registration, 1 for century and sex, 2 for the year of birth, 6 at random (NĐ 137/2015 Điều 13).
The province part never changes after mergers, so its value is not checked against today's provinces.
"""

from __future__ import annotations

from dataclasses import dataclass

LENGTH = 12
MINISTRY_LENGTH = 10
MALE, FEMALE = "NAM", "NU"
_FIRST_CENTURY = 1900
_RANDOM_FROM = 6


@dataclass(frozen=True, slots=True)
class PersonalId:
    """What the digits of a personal number say; `problem` is a sentence where they cannot be one."""

    valid: bool
    birth_year: int | None = None
    sex: str | None = None  # NAM | NU
    province: str | None = None
    problem: str = ""


def personal_id(text: str) -> PersonalId:
    """Read a personal number: century and sex 0/1 are 19xx, 2/3 20xx … 8/9 23xx; even is male."""
    digits = text.strip()
    if not digits:
        return PersonalId(False, problem="Chưa có số định danh cá nhân.")
    if not (digits.isascii() and digits.isdigit()):
        return PersonalId(False, problem="Số định danh cá nhân chỉ gồm chữ số.")
    if len(digits) == MINISTRY_LENGTH:
        return PersonalId(
            False, problem="Số này có 10 chữ số như mã định danh học sinh của Bộ, không phải số định danh."
        )
    if len(digits) != LENGTH:
        problem = f"Số định danh cá nhân phải có 12 chữ số, ở đây có {len(digits)}."
        if len(digits) == LENGTH - 1:
            problem += " Có thể Excel đã bỏ mất số 0 đứng đầu."
        return PersonalId(False, problem=problem)
    if digits[:3] == "000":
        return PersonalId(False, problem="Ba chữ số đầu của số định danh không thể là 000.")
    century, sex = divmod(int(digits[3]), 2)
    year = _FIRST_CENTURY + 100 * century + int(digits[4:_RANDOM_FROM])
    return PersonalId(True, year, FEMALE if sex else MALE, digits[:3])


def fits_person(pid: PersonalId, birth_year: int | None, sex: str | None) -> tuple[str, ...]:
    """Where a personal number and the file of its bearer disagree, in sentences; empty if nowhere.

    A disagreement is a question to a person, not a refusal: the file may be wrong as well.
    """
    if not pid.valid:
        return (pid.problem,)
    found: list[str] = []
    if birth_year is not None and pid.birth_year != birth_year:
        found.append(
            f"Số định danh cho biết năm sinh {pid.birth_year}, hồ sơ ghi {birth_year}. Hãy đối chiếu giấy tờ."
        )
    if sex in {MALE, FEMALE} and pid.sex != sex:
        words = {MALE: "nam", FEMALE: "nữ"}
        found.append(
            f"Số định danh cho biết giới tính {words[str(pid.sex)]}, hồ sơ ghi {words[str(sex)]}. "
            "Hãy đối chiếu giấy tờ."
        )
    return tuple(found)


def restore_personal_id(text: str) -> str:
    """Eleven or ten digits of a spreadsheet number with its lost leading zeros, as twelve digits.

    Only for cells that held a number: text that was typed is never changed.
    """
    digits = text.strip().removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()) or not MINISTRY_LENGTH <= len(digits) < LENGTH:
        return digits
    return digits.zfill(LENGTH)


def is_ministry_code(text: str) -> bool:
    """Whether this has the form of the Ministry's pupil code: 10 digits without meaning (mã của Bộ)."""
    digits = text.strip()
    return len(digits) == MINISTRY_LENGTH and digits.isascii() and digits.isdigit()
