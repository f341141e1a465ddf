"""What the pages of the tree show: a unit on a day, what is below it, what it was before."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.names import fold
from khue.kit import permissions
from khue.kit.models import in_force
from khue.modules.orgs import policy, queries
from khue.modules.orgs.models import SchoolProfile, Unit, UnitCode, UnitLink, UnitName, UnitPath
from khue.rules.settings import CHOICES, Settings

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

# Kinds a form offers; the tree itself knows no levels, any other code may stand beside them.
KINDS = {
    "province": _("Tỉnh, thành phố"), "department": _("Sở Giáo dục và Đào tạo"),
    "district": _("Huyện (đến 30/6/2025)"),
    "commune": _("Xã, phường"), "school": _("Trường"), "campus": _("Điểm trường"),
}  # fmt: skip
READINGS = {
    "adjustment": _("Điều chỉnh mức năm học khi chỉ một môn kéo xuống (TT 58 Điều 13)"),
    "three_level_drop": _("Môn kéo xuống từ ba bậc: nâng lên mức kề hay mức kề dưới mức đáng được (TT 58)"),
    "topic": _("Điểm cụm chuyên đề: thêm một ĐĐGtx hay thay một ĐĐGtx (Điều 6 khoản 3 TT 22)"),
    "both_failed": _("Rèn luyện và học tập cùng Chưa đạt: được rèn luyện, thi lại trong hè hay không"),
    "optional_subjects": _("Môn tự chọn (NN2, tiếng dân tộc) khi xét mức học tập (Điều 9 khoản 2 TT 22)"),
    "absence": _("Đếm buổi nghỉ ở trường học hai buổi mỗi ngày"),
    "graduation_weights": _("Trọng số ba năm THPT khi xét tốt nghiệp"),
    "graduation_rounding": _("Làm tròn điểm xét tốt nghiệp trước khi so với điểm đỗ"),
}
OPTIONS = {
    "strict": _("chặt chẽ"), "lenient": _("rộng"), "one_step": _("nâng lên mức kề"),
    "below_deserved": _("mức kề dưới mức đáng được"), "extra": _("thêm một ĐĐGtx"),
    "replaces": _("thay một ĐĐGtx"), "blocked": _("không"), "allowed": _("được"), "counted": _("có tính"),
    "left_out": _("không tính"), "day": _("mỗi ngày nghỉ là một"), "session": _("mỗi buổi là một"),
    "morning": _("chỉ nghỉ chiều thì không đếm"), "rising": _("1, 2, 3"), "equal": _("như nhau"),
    "rounded": _("làm tròn"), "exact": _("giữ nguyên"),
}  # fmt: skip
MANY = 300


def unit_for(actor: Actor, key: UUID, do: str = "") -> Unit:
    """A unit that the actor may see, or may change so."""
    unit: Unit = permissions.load(actor, Unit.objects.all(), key, see=policy.SEE.code, do=do)
    return unit


def roots(actor: Actor, day: dt.date) -> list[Unit]:
    """The highest units in scope on a day."""
    seen = permissions.visible(actor, policy.SEE.code, Unit.objects.filter(in_force(day)))
    above = UnitPath.objects.filter(in_force(day), depth__gt=0, ancestor__in=seen.values("pk"))
    return list(seen.exclude(pk__in=above.values("descendant")).order_by("search_key", "id"))


def found(actor: Actor, text: str, day: dt.date) -> list[Unit]:
    """Units in scope whose name has these words, accents or not; former names count too (tìm đơn vị)."""
    rows = permissions.visible(actor, policy.SEE.code, Unit.objects.filter(in_force(day)))
    for word in fold(text).split():
        rows = rows.filter(search_key__contains=word)
    return list(rows.order_by("search_key", "id")[:MANY])


def unit_context(actor: Actor, unit: Unit, day: dt.date) -> dict[str, Any]:
    """Everything the page of a unit shows on a day (trang đơn vị)."""
    children = queries.children_of(unit.pk, day)
    visible = set(
        permissions.visible(actor, policy.SEE.code, Unit.objects.filter(pk__in=[row.pk for row in children]))
        .order_by("id")
        .values_list("pk", flat=True)
    )
    profile = SchoolProfile.objects.filter(unit=unit).first()
    return {
        "unit": unit,
        "kind": KINDS.get(unit.kind, unit.kind),
        "name": queries.name_on(unit, day),
        "above": [
            (row, permissions.can(actor, policy.SEE.code, row)) for row in queries.ancestors_of(unit.pk, day)
        ],
        "children": [(row, KINDS.get(row.kind, row.kind), row.pk in visible) for row in children],
        "ended": _ended_below(actor, unit, day),
        "codes": UnitCode.objects.filter(unit=unit).order_by("scheme", "valid_from", "id"),
        "names": UnitName.objects.filter(unit=unit).order_by("valid_from", "id"),
        "links": UnitLink.objects.filter(child=unit).select_related("parent").order_by("valid_from", "id"),
        "profile": profile,
        "readings": readings_of(profile) if profile else [],
        "is_over": unit.valid_to is not None and unit.valid_to <= day,
        "may_change": permissions.can(actor, policy.CHANGE.code, unit),
        "may_change_school": permissions.can(actor, policy.CHANGE_SCHOOL.code, unit),
        "may_choose": permissions.can(actor, policy.CHOOSE_READINGS.code, unit),
    }


def _ended_below(actor: Actor, unit: Unit, day: dt.date) -> list[Unit]:
    """What was below once, or was merged into it, and is over."""
    below = UnitLink.objects.filter(parent=unit).values("child")
    rows = Unit.objects.filter(Q(pk__in=below) | Q(successor=unit), valid_to__lte=day)
    return list(permissions.visible(actor, policy.SEE.code, rows).order_by("search_key", "id")[:MANY])


def readings_of(profile: SchoolProfile) -> list[dict[str, Any]]:
    """The doubtful clauses with the reading chosen and the others possible."""
    settings = Settings.of(profile.rule_settings)
    return [
        {
            "name": name,
            "label": READINGS[name],
            "chosen": getattr(settings, name),
            "options": [(value, OPTIONS[value]) for value in values],
        }
        for name, values in CHOICES.items()
    ]


def choosable(actor: Actor, unit: Unit, day: dt.date) -> list[Unit]:
    """Units that may become the parent or the successor: in the actor's hands, not below this one."""
    below = UnitPath.objects.filter(in_force(day), ancestor=unit).values("descendant")
    rows = permissions.visible(actor, policy.CHANGE.code, Unit.objects.filter(in_force(day)))
    return list(rows.exclude(pk__in=below).order_by("kind", "search_key", "id"))
