"""The sample province: four schools, two finished terms, one in progress, every role.

Last year's books are closed as far as they are, its transcripts signed and sent, its registers closed; this
year pupils come and go.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from khue.core.dates import school_year_of
from khue.kit import outbox
from khue.modules.codes import api as codes
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling
from khue.project.demo import classes, moves, papers, sending, signing
from khue.project.demo.schools import SCHOOLS, found, give_accounts, system_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from khue.core.actor import Actor
    from khue.project.demo.schools import School

    Progress = Callable[[str, int], None]

SEED = 2018


@transaction.atomic
def build_province(progress: Progress, today: dt.date | None = None) -> None:
    """Make everything; the same school year gives the same people and marks."""
    today = today or timezone.localdate()
    first = int(school_year_of(today)[:4])
    random = Random(SEED)  # noqa: S311 - a demo must come out the same each time
    system = system_on(dt.date(first - 1, 8, 20))
    progress("Danh mục, đơn vị", 1)
    codes.load_shipped(system)
    province = orgs.found_unit(system, kind="province", name="Tỉnh Lạng Sơn")
    department = orgs.found_unit(system, kind="department", name="Sở GD&ĐT tỉnh Lạng Sơn", parent=province)
    years = [_open_year(system, first - 1), _open_year(system, first)]
    schools = [found(system, plan, province, random) for plan in SCHOOLS]
    give_accounts(system, schools, department, province)
    signing.give_keys(schools, system.now)
    lower, primary, _, hamlet = schools
    _year(schools, years[0], 0, random, progress)
    progress("Học bạ, khoá sổ đăng bộ năm trước", 66)
    papers.make_transcripts(lower, primary, first - 1)
    papers.close_registers(lower, first - 1, (first - 1, first - 2))
    papers.close_registers(primary, first - 1, (first - 4, first - 5))
    moves.change_name(hamlet, first - 1)
    _year(schools, years[1], 1, random, progress)
    progress("Chuyển trường", 90)
    moves.come_back(lower, hamlet, first)
    moves.waiting(lower, hamlet, first, timezone.localtime())
    progress("Đóng dấu, ghi nhật kí bằng chứng", 93)
    signing.seal_and_log()
    _tell()
    progress("Bản sao, gửi kho học bạ", 96)
    papers.give_out_a_copy(lower, lower.clerk, first - 1, timezone.localtime())
    sending.send(lower, primary, timezone.localtime())
    classes.ask_for_a_correction(lower, years[0], timezone.localtime())
    _tell()
    progress("Xong", 100)


def _year(
    schools: list[School], year: schooling.SchoolYear, number: int, random: Random, progress: Progress
) -> None:
    """The classes of a school year; afterwards the registers know of it."""
    finished = number == 0
    for place, school in enumerate(schools):
        if finished:
            classes.admit(school, year, number, random)
        else:
            classes.move_up(school, year)
            classes.admit(school, year, number, random)
        if finished and place == len(schools) - 1:
            moves.before_the_system(schools[0], school, year.starts_on.year)
        for position, plan in enumerate(school.plan.classes):
            if plan.since > number:
                continue
            share = 60 if finished else 20
            percent = 3 + 67 * number + share * place // len(schools)
            progress(f"{school.plan.name}, lớp {plan.name}, {year.code}", percent)
            classes.open_class(school, year, position, random, finished=finished)
    _tell()


def _tell() -> None:
    """Hand what was announced to those who listen: numbers in registers, results, issued pages."""
    while outbox.deliver():
        pass


def _open_year(system: Actor, first: int) -> schooling.SchoolYear:
    return schooling.open_year(
        system, code=f"{first}-{first + 1}", term_starts=(dt.date(first, 9, 5), dt.date(first + 1, 1, 19)),
        ends_on=dt.date(first + 1, 6, 1),
    )  # fmt: skip
