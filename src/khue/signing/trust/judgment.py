"""What a path is worth at a time (phán định): validity, usage and revocation, after ETSI EN 319 102-1.

`proved` is the whole point: with a proved time (a time-stamp), what happens to the certificate later
does not matter; without one, a signature by an expired or revoked certificate may be older or newer
than that, and nobody can say (signing.md 4, the verdicts of EU DSS).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from cryptography import x509

from khue.signing.report import UNKNOWN, Finding, Indication, Revocation, Sub
from khue.signing.trust.base import PathFact, Purpose
from khue.signing.trust.certificates import facts_of, fits_purpose, shown
from khue.signing.trust.path import Path
from khue.signing.trust.revocation import Known, Status
from khue.signing.trust.statements import Entry

# RFC 3161 4.1: tokens from before the revocation stay good only when the entry gives one of these.
_HARMLESS = {
    x509.ReasonFlags.unspecified.value,
    x509.ReasonFlags.affiliation_changed.value,
    x509.ReasonFlags.superseded.value,
    x509.ReasonFlags.cessation_of_operation.value,
}
_USAGE_CODES = {
    Purpose.SIGNING: "SIGN-206", Purpose.TIME_STAMPING: "SIGN-207", Purpose.OCSP: "SIGN-208",
}  # fmt: skip


def refused(sub: Sub, *findings: Finding, anchor_set: str = "", revocation: Revocation = UNKNOWN) -> PathFact:
    """Not trusted; whether for good or only as things are known, the sub-indication says."""
    final = sub in {Sub.NOT_YET_VALID, Sub.REVOKED, Sub.EXPIRED}
    indication = Indication.FAILED if final else Indication.INDETERMINATE
    return PathFact(False, indication, sub, anchor_set, revocation, findings)


@dataclass(frozen=True, slots=True)
class Case:
    """One path with what is known of the revocation of each of its certificates (leaf first)."""

    path: Path
    knowns: tuple[Known, ...]
    purpose: Purpose
    proved: bool
    moments: tuple[tuple[dt.datetime, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Collect the moments at which the judgment can change."""
        own: set[dt.datetime] = set()
        for one in (*self.path.certificates, self.path.anchor.certificate):
            own |= {facts_of(one).not_before, facts_of(one).not_after}
        for known in self.knowns:
            own.update(known.own)
        own |= _days(self.path)
        object.__setattr__(self, "moments", (tuple(sorted(own)), *(known.shared for known in self.knowns)))

    def interval(self, at: dt.datetime) -> tuple[int, ...]:
        """Between which of its moments a time lies: in one interval every time has the same judgment."""
        return tuple(
            place
            for moments in self.moments
            for place in (bisect_left(moments, at), bisect_right(moments, at))
        )

    def judge(self, at: dt.datetime) -> PathFact:
        """The judgment at a time."""
        statuses = tuple(known.status(at) for known in self.knowns)
        return (
            self._not_for_this()
            or self._not_yet(at)
            or self._revoked(statuses)
            or self._expired(at)
            or self._unknown(statuses)
            or PathFact(True, Indication.PASSED, Sub.NONE, self.path.anchor.set, statuses[0].revocation)
        )

    def _refused(self, sub: Sub, *findings: Finding, revocation: Revocation = UNKNOWN) -> PathFact:
        return refused(sub, *findings, anchor_set=self.path.anchor.set, revocation=revocation)

    def _not_for_this(self) -> PathFact | None:
        leaf = self.path.certificates[0]
        if fits_purpose(leaf, self.purpose):
            return None
        finding = Finding(_USAGE_CODES[self.purpose], {"name": facts_of(leaf).name})
        return self._refused(Sub.CHAIN_CONSTRAINTS_FAILURE, finding)

    def _not_yet(self, at: dt.datetime) -> PathFact | None:
        for one in (*self.path.certificates, self.path.anchor.certificate):
            facts = facts_of(one)
            if at < facts.not_before:
                params = {"name": facts.name, "date": shown(facts.not_before)}
                return self._refused(Sub.NOT_YET_VALID, Finding("SIGN-209", params))
        if not self.path.anchor.trusted_on(at.astimezone(dt.UTC).date()):
            params = {"name": facts_of(self.path.anchor.certificate).name, "set": self.path.anchor.set}
            return self._refused(Sub.NO_CERTIFICATE_CHAIN_FOUND, Finding("SIGN-215", params))
        return None

    def _revoked(self, statuses: tuple[Status, ...]) -> PathFact | None:
        entry = statuses[0].entry or self._betrayed()
        name = facts_of(self.path.certificates[0]).name
        if entry is not None:
            finding = Finding("SIGN-211", {"name": name, "date": shown(entry.at)})
            revocation = Revocation("revoked", entry.source, entry.said_at, entry.at)
            return self._refused(Sub.REVOKED_NO_POE, finding, revocation=revocation)
        for certificate, status in zip(self.path.certificates[1:], statuses[1:], strict=True):
            if status.entry is not None:
                params = {"name": facts_of(certificate).name, "date": shown(status.entry.at)}
                found = statuses[0].revocation
                return self._refused(Sub.REVOKED_CA_NO_POE, Finding("SIGN-212", params), revocation=found)
        return None

    def _betrayed(self) -> Entry | None:
        """For a time-stamping authority: an entry that makes its earlier tokens worthless too."""
        entries = self.knowns[0].entries if self.purpose is Purpose.TIME_STAMPING else ()
        return next((one for one in entries if one.reason not in _HARMLESS), None)

    def _expired(self, at: dt.datetime) -> PathFact | None:
        leaf, *above = (*self.path.certificates, self.path.anchor.certificate)
        facts = facts_of(leaf)
        if at > facts.not_after:
            params = {"name": facts.name, "date": shown(facts.not_after)}
            good = None if self.proved else self.knowns[0].good_before_expiry()
            if good is None or good.this_update is None:
                return self._refused(Sub.OUT_OF_BOUNDS_NO_POE, Finding("SIGN-210", params))
            params["known"] = shown(good.this_update)
            return self._refused(Sub.OUT_OF_BOUNDS_NOT_REVOKED, Finding("SIGN-216", params), revocation=good)
        for one in above:
            if at > facts_of(one).not_after:
                params = {"name": facts_of(one).name, "date": shown(facts_of(one).not_after)}
                return self._refused(Sub.OUT_OF_BOUNDS_NO_POE, Finding("SIGN-210", params))
        return None

    def _unknown(self, statuses: tuple[Status, ...]) -> PathFact | None:
        """No or only old statements about a certificate: perhaps tomorrow (TRY_LATER)."""
        for certificate, known, status in zip(self.path.certificates, self.knowns, statuses, strict=True):
            revocation = status.revocation
            if revocation.state != "unknown":
                continue
            name = facts_of(certificate).name
            if status.stale and revocation.this_update is not None:
                finding = Finding("SIGN-214", {"name": name, "date": shown(revocation.this_update)})
            else:
                finding = Finding("SIGN-213", {"name": name})
            findings = (finding, Finding("SIGN-223", {"name": name})) if known.rejected else (finding,)
            return PathFact(
                None,
                Indication.INDETERMINATE,
                Sub.TRY_LATER,
                self.path.anchor.set,
                statuses[0].revocation,
                findings,
            )
        return None


def _days(path: Path) -> set[dt.datetime]:
    """When the root's set begins and ceases to trust it, as moments."""
    first, last = path.anchor.valid_from, path.anchor.valid_to
    begin = {dt.datetime.combine(first, dt.time(), dt.UTC)} if first else set()
    end = {dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), dt.UTC)} if last else set()
    return begin | end
