"""What all services have in common where a person confirms on a phone (ký số từ xa): ask, wait, ask again.

Each transaction is remembered (in `Secrets`) with its newest handle. So a repeated `begin` goes on with
the transaction that is open, a `poll` with an old handle goes on from the newest, and nothing is signed
or asked for twice. After a refusal or when its time is over, the same hashes may be asked for anew.
"""

from __future__ import annotations

import datetime as dt
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from khue.core.errors import Invalid, KhueError
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress
from khue.signing.signers.handles import Request, asked, chosen, read
from khue.signing.signers.http import TRANSIENT, Service
from khue.signing.signers.secrets import DAY, Secrets

GRACE = dt.timedelta(seconds=60)  # beyond the service's own limit, for its clock and ours


class RemoteSigner(ABC):
    """A signer at a service; subclasses say how it is asked and how its answers read.

    One request is polled by one process at a time: the caller holds its row. Two at once could both spend
    the same authorisation, and the one that comes second would report a failure.
    """

    kind: ClassVar[str]
    patience: ClassVar[dt.timedelta]  # how long the service waits for the holder

    def __init__(self, service: Service, secrets: Secrets, *, now: Callable[[], dt.datetime]) -> None:
        self.service, self.secrets, self._now = service, secrets, now

    @abstractmethod
    def credentials(self) -> Sequence[Credential]:
        """The certificates that can sign here."""

    @abstractmethod
    def _ask(self, request: Request, description: str) -> Answer:
        """Start a transaction."""

    @abstractmethod
    def _look(self, request: Request) -> Answer:
        """How it stands."""

    def begin(self, credential: str, hashes: Sequence[HashToSign], description: str) -> Answer:
        """Ask for signatures; a request that is open or done already is not asked for again."""
        if len({one.algorithm for one in hashes}) > 1:
            raise Invalid("SIGN-308")
        request = asked(self.kind, chosen(self.credentials(), credential), hashes)
        before = self._newest(request)
        if before is not None and (before.end() or before.waiting()).progress in (
            Progress.DONE,
            Progress.WAITING,
        ):
            return before.end() or before.waiting("SIGN-330", service=self.service.name)
        attempt = int(self.secrets.recall(f"attempt/{request.transaction}") or 0) + 1
        self.secrets.keep(f"attempt/{request.transaction}", str(attempt), DAY)
        until = self._now() + self.patience + GRACE
        return self._kept(self._ask(request.having(attempt=attempt, until=until.isoformat()), description))

    def poll(self, handle: Mapping[str, Any]) -> Answer:
        """Ask how a request stands; trouble on the way only means to ask again later."""
        request = read(handle, self.kind)
        if (end := request.end()) is not None:
            return end
        if self._cancelled(request):
            return request.ended(Progress.REFUSED, code="SIGN-307")
        newest = self._newest(request)
        if newest is not None and newest.state["attempt"] == request.state["attempt"]:
            request = newest
            if (end := request.end()) is not None:
                return end
        try:
            answer = self._look(request)
        except KhueError as error:
            if error.code not in TRANSIENT:
                raise
            answer = request.waiting(error.code, **error.params)
        if answer.progress is Progress.WAITING and self._overdue(request):
            answer = request.ended(Progress.EXPIRED, answer.values, code="SIGN-332")
        return self._kept(answer)

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Give up a request: these services cannot call it back, but whatever they send is not taken."""
        request = read(handle, self.kind)
        self.secrets.keep(f"cancelled/{request.transaction}/{request.state['attempt']}", "1", DAY)
        newest = self._newest(request)
        if newest is not None and newest.state["attempt"] == request.state["attempt"]:
            self.secrets.forget(f"asked/{request.transaction}")

    def _cancelled(self, request: Request) -> bool:
        return bool(self.secrets.recall(f"cancelled/{request.transaction}/{request.state['attempt']}"))

    def _overdue(self, request: Request) -> bool:
        return self._now() > dt.datetime.fromisoformat(request.state["until"])

    def _newest(self, request: Request) -> Request | None:
        text = self.secrets.recall(f"asked/{request.transaction}")
        return read(json.loads(text), self.kind) if text else None

    def _kept(self, answer: Answer) -> Answer:
        transaction = str(answer.handle["transaction"])
        self.secrets.keep(f"asked/{transaction}", json.dumps(answer.handle), DAY)
        return answer
