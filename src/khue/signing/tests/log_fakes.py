"""Stand-ins for what the log asks of others: a stamping service and a judge of its tokens."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from khue.signing.log.archive import Stamp
from khue.signing.report import Finding, Indication, Sub
from khue.signing.trust.base import PathFact, TokenFact


def fake_stamp(at: dt.datetime) -> Stamp:
    """A service whose tokens are JSON."""

    def stamp(digest: bytes) -> bytes:
        return json.dumps({"digest": digest.hex(), "time": at.isoformat()}).encode()

    return stamp


class FakeTrust:
    """Believes such tokens; `facts` says by year of the token what is known of it instead."""

    def __init__(self, facts: Mapping[int, tuple[bool | None, Sub]] | None = None) -> None:
        self.facts = facts or {}

    def judge(self, *_args: object, **_kwargs: object) -> PathFact:
        return PathFact(None, Indication.INDETERMINATE)

    def judge_token(self, token: bytes, value_digest: bytes, *, evidence: object = None) -> TokenFact:
        try:
            told = json.loads(token)
        except ValueError:
            return TokenFact(genuine=False)
        if told["digest"] != value_digest.hex():
            return TokenFact(genuine=False)
        time = dt.datetime.fromisoformat(told["time"])
        trusted, sub = self.facts.get(time.year, (True, Sub.NONE))
        found = () if trusted else (Finding("SIGN-423", {"authority": f"TSA {time.year}"}),)
        return TokenFact(True, time, trusted, f"TSA {time.year}", sub, found)
