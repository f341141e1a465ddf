"""States that both sides of the store speak of (trạng thái)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_noop as _


class PackageState(models.TextChoices):
    """Where a package of the school stands (e-records.md 1.4)."""

    PACKAGED = "packaged", _("Đã đóng gói, chưa gửi xong")
    SUBMITTED = "submitted", _("Đã gửi, chờ Sở trả lời")
    ANSWERED = "answered", _("Sở đã trả lời")
    CANCELLED = "cancelled", _("Đã bỏ, chưa gửi")


class ReceiptState(models.TextChoices):
    """Where a package stands at the department."""

    OPEN = "open", _("Đang nhận")
    RECEIVED = "received", _("Đã nhận đủ, chờ kiểm tra")
    ANSWERED = "answered", _("Đã trả lời")
    ABANDONED = "abandoned", _("Trường bỏ, chưa gửi xong")


class ItemState(models.TextChoices):
    """The answer for one record of a package."""

    WAITING = "waiting", _("Chờ kiểm tra")
    ACCEPTED = "accepted", _("Đã nhận vào kho")
    ALREADY = "already", _("Đã có trong kho")
    HELD = "held", _("Chờ Sở quyết định")
    REJECTED = "rejected", _("Không nhận")


class StoredState(models.TextChoices):
    """Where a record of the store stands."""

    HELD = "held", _("Chờ quyết định")
    ACCEPTED = "accepted", _("Đang có hiệu lực")
    SUPERSEDED = "superseded", _("Đã được bản mới thay thế")
    RECALLED = "recalled", _("Đã thu hồi")
    CANCELLED = "cancelled", _("Đã huỷ")
    REJECTED = "rejected", _("Không nhận")


class RequestKind(models.TextChoices):
    """What a school asks for a record that the store has accepted."""

    RECALL = "recall", _("Thu hồi")
    CANCEL = "cancel", _("Huỷ")


class RequestState(models.TextChoices):
    """Where such a request stands."""

    WAITING = "waiting", _("Chưa gửi tới Sở")
    SENT = "sent", _("Chờ Sở duyệt")
    APPROVED = "approved", _("Sở đã đồng ý")
    REFUSED = "refused", _("Sở không đồng ý")


SETTLED = (ItemState.ACCEPTED, ItemState.ALREADY)
UNSETTLED = (ItemState.WAITING, ItemState.HELD)
