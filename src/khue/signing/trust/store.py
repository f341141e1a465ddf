"""The trust of an installation (kho tin cậy): its roots, its revocation data, and fast answers about both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from khue.core.errors import Invalid
from khue.signing.report import Finding, Indication, Sub
from khue.signing.trust.anchors import TEST, AnchorSets
from khue.signing.trust.base import Evidence, PathFact, Purpose, TokenFact
from khue.signing.trust.cache import Bounded
from khue.signing.trust.certificates import facts_of, identity_of
from khue.signing.trust.judgment import Case, refused
from khue.signing.trust.path import NoPath, PathFinder
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.statements import Answer, Crl
from khue.signing.tsa.token import check_token

_KEPT = 50_000  # certificates whose judgments are kept: those of a province, twice
_Key = tuple[bytes, tuple[bytes, ...], Purpose, bool, Evidence | None]


@dataclass(slots=True)
class _Entry:
    """What is kept for one question without its time: the cases, and the facts found so far."""

    revision: int
    cases: tuple[Case, ...]
    always: PathFact | None = None  # the answer at any time, where there is no path
    facts: dict[tuple[int, ...], PathFact] = field(default_factory=dict)
    latest: tuple[dt.datetime, PathFact] | None = None  # whoever checks many files asks for one moment


class TrustStore:
    """Implements `khue.signing.trust.base.Trust`.

    A question that was asked before, for any time between the same events (begin and end of validity,
    statements, revocations), is answered from a dictionary. New revocation data change `revision`.
    """

    def __init__(
        self, anchors: AnchorSets, revocations: Revocations | None = None, *, allow_test: bool = False
    ) -> None:
        self.anchors = anchors
        self.revocations = revocations or Revocations()
        self.allow_test = allow_test
        self._finder = PathFinder(anchors)
        self._entries: Bounded[_Key, _Entry] = Bounded(_KEPT)

    def judge(
        self,
        leaf: bytes,
        chain: Sequence[bytes],
        *,
        at: dt.datetime,
        proved: bool,
        purpose: Purpose = Purpose.SIGNING,
        evidence: Evidence | None = None,
    ) -> PathFact:
        """Whether a certificate was good at a time; see `Trust.judge`."""
        entry = self._entry((leaf, tuple(chain), purpose, proved, evidence))
        if entry.always is not None:
            return entry.always
        latest = entry.latest
        if latest is not None and latest[0] == at:
            return latest[1]
        interval = tuple(place for case in entry.cases for place in case.interval(at))
        fact = entry.facts.get(interval)
        if fact is None:
            found = [case.judge(at) for case in entry.cases]
            fact = entry.facts[interval] = next((one for one in found if one.trusted), found[0])
        entry.latest = at, fact
        return fact

    def judge_token(
        self, token: bytes, value_digest: bytes, *, evidence: Evidence | None = None
    ) -> TokenFact:
        """Whether a time-stamp token stamps this digest and whose clock it was; see `Trust.judge_token`.

        Its authority is judged at the time that the token itself gives. That a later theft of the key
        makes such a time worthless is cared for: see `judgment.Case._betrayed`.
        """
        checked = check_token(token, value_digest)
        if checked.stamp is None:
            return TokenFact(False, sub=checked.sub, findings=checked.findings)
        stamp = checked.stamp
        fact = self.judge(
            stamp.certificate,
            stamp.certificates,
            at=stamp.time,
            proved=True,
            purpose=Purpose.TIME_STAMPING,
            evidence=evidence,
        )
        name = identity_of(stamp.certificate).name
        return TokenFact(True, stamp.time, fact.trusted, name, fact.sub, fact.findings)

    def evidence(
        self, leaf: bytes, chain: Sequence[bytes], *, at: dt.datetime, purpose: Purpose = Purpose.SIGNING
    ) -> Evidence | None:
        """What shows a certificate good at a time, to travel with the signature (B-LT).

        The intermediates, and for each certificate below the root the statement that was used. None
        when it is not shown good: then there is nothing to embed yet.
        """
        entry = self._entry((leaf, tuple(chain), purpose, True, None))
        case = next((one for one in entry.cases if one.judge(at).trusted), None)
        used = [known.best(at) for known in case.knowns] if case is not None else [None]
        if case is None or None in used:
            return None
        return Evidence(
            case.path.certificates[1:],
            tuple(one.data for one in used if isinstance(one, Crl)),
            tuple(one.data for one in used if isinstance(one, Answer)),
        )

    def _entry(self, key: _Key) -> _Entry:
        entry = self._entries.get(key)
        if entry is None or entry.revision != self.revocations.revision:
            entry = self._entries.put(key, self._prepare(key))
        return entry

    def _prepare(self, key: _Key) -> _Entry:
        leaf, chain, purpose, proved, evidence = key
        revision = self.revocations.revision
        others = (*chain, *evidence.certificates) if evidence else chain
        try:
            facts_of(leaf)
            found = self._finder.find(leaf, others)
        except Invalid as error:
            return _Entry(
                revision, (), refused(Sub.NO_SIGNING_CERTIFICATE_FOUND, Finding(error.code, error.params))
            )
        if isinstance(found, NoPath):
            return _Entry(revision, (), self._without_path(found))
        usable = [path for path in found if path.anchor.set != TEST or self.allow_test]
        if not usable:
            finding = Finding("SIGN-203", {"name": facts_of(leaf).name})
            return _Entry(revision, (), refused(Sub.NO_CERTIFICATE_CHAIN_FOUND, finding, anchor_set=TEST))
        cases = []
        for path in usable:
            knowns = tuple(self.revocations.about(*pair, evidence) for pair in path.pairs)
            cases.append(Case(path, knowns, purpose, proved))
        return _Entry(revision, tuple(cases))

    def _without_path(self, found: NoPath) -> PathFact:
        """No path: not trusted; not knowable where the official roots were never put in."""
        if found.sub is Sub.NO_CERTIFICATE_CHAIN_FOUND and self.anchors.empty:
            empty = Finding("SIGN-202", {"sets": ", ".join(self.anchors.empty)})
            return PathFact(None, Indication.INDETERMINATE, found.sub, findings=(found.finding, empty))
        return refused(found.sub, found.finding)
