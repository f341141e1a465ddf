"""What is known of revocation (tình trạng thu hồi): a store of CRLs and OCSP answers that forgets nothing.

An old list answers an old question: was this certificate good when it signed? So nothing is replaced;
everything is kept and asked by time. A statement counts only after its signature was checked.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from khue.core.errors import Invalid
from khue.signing.report import Revocation
from khue.signing.trust.base import Evidence
from khue.signing.trust.certificates import facts_of, parse
from khue.signing.trust.statements import Answer, Crl, Entry, has_no_check, read_crl, read_ocsp

_HOLD = x509.ReasonFlags.certificate_hold.value


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a statement may be for the time in question (độ mới); an installation may set others."""

    crl: dt.timedelta = dt.timedelta(days=7)
    ocsp: dt.timedelta = dt.timedelta(days=7)
    grace: dt.timedelta = dt.timedelta(days=1)  # after nextUpdate: CAs publish late

    def until(self, statement: Crl | Answer) -> dt.datetime:
        """Until when a statement is fresh."""
        age = self.crl if isinstance(statement, Crl) else self.ocsp
        end = statement.this_update + age
        return end if statement.next_update is None else min(end, statement.next_update + self.grace)


@dataclass(frozen=True, slots=True)
class Status:
    """The answer for one certificate at one time."""

    revocation: Revocation
    entry: Entry | None = None  # revoked at that time or before
    stale: bool = False  # there are statements, but too old for that time


@dataclass(frozen=True, slots=True)
class Known:
    """Everything verified that is known about one certificate, to be asked by time.

    `shared` and `own` are the moments at which the answer can change: those of the issuer's lists,
    the same object for all its certificates, and those of this certificate alone.
    """

    serial: int
    crls: tuple[Crl, ...]  # oldest first
    answers: tuple[Answer, ...]
    entries: tuple[Entry, ...]
    expires: dt.datetime
    freshness: Freshness
    shared: tuple[dt.datetime, ...]
    own: tuple[dt.datetime, ...]
    rejected: bool  # something was there, but nobody who may had signed it

    def status(self, at: dt.datetime) -> Status:
        """Good, revoked or unknown at a time; revoked later counts as good, with the date."""
        revoked = [one for one in self.entries if one.at <= at and not self._is_lifted(one, at)]
        if revoked:
            first = min(revoked, key=lambda one: one.at)
            return Status(Revocation("revoked", first.source, first.said_at, first.at), first)
        later = min(self.entries, key=lambda one: one.at, default=None)
        if later is not None and later.at > at:  # what was revoked later was good before
            return Status(Revocation("good", later.source, later.said_at, later.at))
        best = self.best(at)
        if best is not None:
            return Status(Revocation("good", _source(best), best.this_update))
        if statements := self._silent():
            newest = statements[-1]
            return Status(Revocation("unknown", _source(newest), newest.this_update), stale=True)
        return Status(Revocation())

    def best(self, at: dt.datetime) -> Crl | Answer | None:
        """The statement that shows it good at a time: the first one after it, else the newest fresh one."""
        usable = [one for one in self._silent() if self.freshness.until(one) >= at]
        return next((one for one in usable if one.this_update >= at), usable[-1] if usable else None)

    def good_before_expiry(self) -> Revocation | None:
        """The newest statement from before the certificate expired that does not call it revoked."""
        silent = self._silent()
        return Revocation("good", _source(silent[-1]), silent[-1].this_update) if silent else None

    def _silent(self) -> list[Crl | Answer]:
        """Statements that do not call it revoked and may be believed, oldest first.

        After a certificate expired its CA may drop it from the list (RFC 5280 3.3), so silence counts
        only in lists from before, or in lists that say that they keep expired ones.
        """
        found: list[Crl | Answer] = [
            one
            for one in self.crls
            if one.entry(self.serial) is None
            and (
                one.this_update <= self.expires
                or (one.keeps_expired is not None and one.keeps_expired <= self.expires)
            )
        ]
        found += [one for one in self.answers if one.good and one.this_update <= self.expires]
        return sorted(found, key=lambda one: one.this_update)

    def _is_lifted(self, entry: Entry, at: dt.datetime) -> bool:
        """A hold may end; every other revocation is for good (RFC 5280 5.3.1)."""
        return entry.reason == _HOLD and any(entry.said_at < one.this_update <= at for one in self._silent())


class Revocations:
    """The store (kho CRL và OCSP). `revision` grows with every new statement, so that caches notice."""

    def __init__(self, *, freshness: Freshness | None = None, folder: Path | None = None) -> None:
        self.freshness = freshness or Freshness()
        self.revision = 0
        self._folder = folder
        self._digests: set[str] = set()
        self._crls: dict[bytes, tuple[Crl, ...]] = {}
        self._answers: dict[int, tuple[Answer, ...]] = {}
        self._genuine: dict[tuple[str, bytes], bool] = {}
        self._lists: dict[bytes, tuple[int, tuple[Crl, ...], tuple[dt.datetime, ...], bool]] = {}
        if folder is not None:
            for path in sorted(folder.glob("*.crl")):
                self._take_crl(read_crl(path.read_bytes()))
            for path in sorted(folder.glob("*.ocsp")):
                self._take_answers(read_ocsp(path.read_bytes()))

    def add_crl(self, data: bytes) -> Crl:
        """Keep a list (DER). Its signature is checked when it is first asked."""
        crl = read_crl(data)
        if self._take_crl(crl):
            self._store(f"{crl.digest}.crl", data)
        return crl

    def add_ocsp(self, data: bytes) -> tuple[Answer, ...]:
        """Keep an OCSP response (DER). Its signature is checked when it is first asked."""
        answers = read_ocsp(data)
        if answers and self._take_answers(answers):
            self._store(f"{answers[0].digest}.ocsp", data)
        return answers

    def status(self, certificate: bytes, issuer: bytes, at: dt.datetime) -> Status:
        """What is known of a certificate at a time."""
        return self.about(certificate, issuer).status(at)

    def about(self, certificate: bytes, issuer: bytes, evidence: Evidence | None = None) -> Known:
        """Everything verified about a certificate, with what travels beside a signature."""
        serial = parse(certificate).serial_number
        lists, shared, rejected = self._genuine_lists(issuer)
        extra_crls, extra_answers = _read(evidence)
        own = [one for one in extra_crls if one.is_genuine(issuer)]
        rejected |= any(one.issuer == _name(issuer) and one not in own for one in extra_crls)
        kept = {one.digest for one in lists}
        fresh = [one for one in own if one.digest not in kept]
        crls = tuple(one for one in (*lists, *fresh) if one.covers(certificate))
        about = [
            one for one in (*self._answers.get(serial, ()), *extra_answers) if one.is_about(serial, issuer)
        ]
        answers = tuple(one for one in about if self._is_appointed(one, issuer, crls))
        entries = [entry for one in crls if (entry := one.entry(serial)) is not None]
        entries += [one.entry for one in answers if one.entry is not None]
        expires = facts_of(certificate).not_after
        moments = {expires, *(entry.at for entry in entries)}
        travelling: tuple[Crl | Answer, ...] = (*fresh, *answers)
        for one in travelling:
            moments |= {one.this_update, self.freshness.until(one)}
        return Known(
            serial=serial,
            crls=tuple(sorted(crls, key=lambda one: one.this_update)),
            answers=answers,
            entries=tuple(entries),
            expires=expires,
            freshness=self.freshness,
            shared=shared,
            own=tuple(sorted(moments)),
            rejected=rejected or len(answers) < len(about),
        )

    def _genuine_lists(self, issuer: bytes) -> tuple[tuple[Crl, ...], tuple[dt.datetime, ...], bool]:
        """The issuer's own lists and their moments; computed once for all its certificates."""
        kept = self._lists.get(issuer)
        if kept is None or kept[0] != self.revision:
            named = self._crls.get(_name(issuer), ())
            crls = tuple(one for one in named if self._is_genuine(one, issuer))
            moments = {moment for one in crls for moment in (one.this_update, self.freshness.until(one))}
            kept = (self.revision, crls, tuple(sorted(moments)), len(crls) < len(named))
            self._lists[issuer] = kept
        return kept[1:]

    def _is_genuine(self, crl: Crl, issuer: bytes) -> bool:
        key = (crl.digest, issuer)
        if key not in self._genuine:
            self._genuine[key] = crl.is_genuine(issuer)
        return self._genuine[key]

    def _is_appointed(self, answer: Answer, issuer: bytes, crls: tuple[Crl, ...]) -> bool:
        responder = answer.responder(issuer)
        if responder is None or responder == issuer or has_no_check(responder):
            return responder is not None
        serial = parse(responder).serial_number
        return not any(crl.entry(serial) for crl in crls)

    def _take_crl(self, crl: Crl) -> bool:
        if crl.digest in self._digests:
            return False
        self._digests.add(crl.digest)
        lists = (*self._crls.get(crl.issuer, ()), crl)  # a new tuple: other threads may read the old one
        self._crls[crl.issuer] = tuple(sorted(lists, key=lambda one: one.this_update))
        self.revision += 1
        return True

    def _take_answers(self, answers: tuple[Answer, ...]) -> bool:
        if answers[0].digest in self._digests:
            return False
        self._digests.add(answers[0].digest)
        for one in answers:
            self._answers[one.serial] = (*self._answers.get(one.serial, ()), one)
        self.revision += 1
        return True

    def _store(self, name: str, data: bytes) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._folder / f"{name}.new"
            fresh.write_bytes(data)
            fresh.replace(self._folder / name)


def _read(evidence: Evidence | None) -> tuple[list[Crl], list[Answer]]:
    """What can be read of what travels with a signature; broken pieces prove nothing and are left out."""
    crls: list[Crl] = []
    answers: list[Answer] = []
    for data in evidence.crls if evidence else ():
        with suppress(Invalid):
            crls.append(read_crl(data))
    for data in evidence.ocsps if evidence else ():
        with suppress(Invalid):
            answers += read_ocsp(data)
    return crls, answers


def _name(issuer: bytes) -> bytes:
    return parse(issuer).subject.public_bytes()


def _source(statement: Crl | Answer) -> str:
    return "crl" if isinstance(statement, Crl) else "ocsp"
