"""The way to the store (đường gửi): inside this installation, or over HTTP to the department's machine.

Both do the same through the same door (`services.receiving`), so that a demo in one process shows what a
province does. Refusals come as `KhueError` with the code of the door; a line that is down is `STO-010`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from django.conf import settings

from khue.core.actor import system_actor
from khue.core.errors import Refused
from khue.kit import crypto
from khue.modules.store.models import StoreLink
from khue.modules.store.services import deciding, receiving, storing

if TYPE_CHECKING:
    import datetime as dt

    from khue.modules.orgs import api as orgs
    from khue.modules.store.data import AnswerPage, EndAnswer, EndAsked, UploadState

AT_ONCE = 200  # records that are verified while the sender waits


class Transport(Protocol):
    """What a school asks of the store; every call may be repeated."""

    def open(self, manifest: bytes) -> UploadState:
        """Show the manifest."""

    def append(self, code: str, offset: int, content: bytes) -> UploadState:
        """Send the next bytes."""

    def finish(self, code: str) -> UploadState:
        """Say that all has been sent."""

    def state(self, code: str) -> UploadState:
        """Ask how a package stands."""

    def abandon(self, code: str) -> UploadState:
        """Give up a package that is not finished."""

    def answers(self, code: str, after: int) -> AnswerPage:
        """Read answers after a position."""

    def ask(self, asked: EndAsked) -> EndAnswer:
        """Ask to recall or cancel a record."""

    def asked(self, sent_id: str) -> EndAnswer:
        """Ask how such a request stands."""


class DirectTransport:
    """The store is in this installation."""

    def __init__(self, school: orgs.Unit, now: dt.datetime) -> None:
        self.sender = receiving.Sender(school, system_actor(school.name, now))

    def open(self, manifest: bytes) -> UploadState:
        """Show the manifest."""
        return receiving.open_package(self.sender, manifest)

    def append(self, code: str, offset: int, content: bytes) -> UploadState:
        """Send the next bytes."""
        return receiving.append(self.sender, code=code, offset=offset, content=content)

    def finish(self, code: str) -> UploadState:
        """Say that all has been sent; a small package is verified at once."""
        state = receiving.finish(self.sender, code=code)
        storing.process_small(self.sender.school.pk, code, self.sender.actor.now, AT_ONCE)
        return receiving.package_state(self.sender, code=state.code)

    def state(self, code: str) -> UploadState:
        """Ask how a package stands."""
        return receiving.package_state(self.sender, code=code)

    def abandon(self, code: str) -> UploadState:
        """Give up a package that is not finished."""
        return receiving.abandon(self.sender, code=code)

    def answers(self, code: str, after: int) -> AnswerPage:
        """Read answers after a position."""
        return receiving.answers(self.sender, code=code, after=after)

    def ask(self, asked: EndAsked) -> EndAnswer:
        """Ask to recall or cancel a record."""
        return deciding.receive_request(self.sender, asked, UUID(asked.id))

    def asked(self, sent_id: str) -> EndAnswer:
        """Ask how such a request stands."""
        return deciding.request_state(self.sender, UUID(sent_id))


def transport_for(school: orgs.Unit, now: dt.datetime) -> Transport:
    """The way that this installation is set to use for a school."""
    if not settings.KHUE_STORE_URL:
        return DirectTransport(school, now)
    link = StoreLink.objects.filter(school=school).first()
    if link is None:
        raise Refused("STO-013")
    from khue.modules.store.http_transport import HttpTransport  # noqa: PLC0415 - only where it is used

    return HttpTransport(settings.KHUE_STORE_URL, crypto.unseal(link.key))
