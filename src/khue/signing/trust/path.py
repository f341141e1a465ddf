"""From a certificate up to a trusted root (đường dẫn tin cậy, RFC 5280 6): signatures, names, constraints.

The search is ours: it follows only signatures that are genuine and takes a bounded number of steps,
because the certificates come from the file under test and a mesh of cross certificates must not cost
more than a straight chain. The validation of each path found is pyhanko-certvalidator's (usages, path
lengths, names, policies, critical extensions), kept to what does not change with time: it takes 2 ms
and is cached, while validity and revocation, asked for ever new moments, are `trust.judgment`'s.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import DisallowedAlgorithmError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import CertificateRegistry, SimpleTrustManager
from pyhanko_certvalidator.validate import async_validate_path

from khue.core.errors import Invalid
from khue.signing.report import Finding, Sub
from khue.signing.trust.anchors import Anchor, AnchorSets
from khue.signing.trust.cache import Bounded
from khue.signing.trust.certificates import facts_of, is_issued_by, parse

_MOST_OTHERS = 16  # certificates of a file that are looked at; a real one brings one to three
_MOST_STEPS = 64  # signatures that are followed
_DEEPEST = 6  # intermediates
_MOST_PATHS = 4  # paths that are validated: cross certificates give two or three
_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Path:
    """A path whose signatures, names, usages and constraints are right, whatever the time."""

    certificates: tuple[bytes, ...]  # leaf first, without the root
    anchor: Anchor

    @property
    def pairs(self) -> tuple[tuple[bytes, bytes], ...]:
        """Each certificate with the one that issued it."""
        return tuple(zip(self.certificates, (*self.certificates[1:], self.anchor.certificate), strict=True))


@dataclass(frozen=True, slots=True)
class NoPath:
    """Why there is none."""

    sub: Sub
    finding: Finding


class PathFinder:
    """Finds paths to the roots of some sets; what it found is kept."""

    def __init__(self, anchors: AnchorSets) -> None:
        self._anchors: dict[bytes, list[Anchor]] = {}
        for anchor in anchors.anchors:
            self._anchors.setdefault(_subject(anchor.certificate), []).append(anchor)
        self._intermediates = anchors.intermediates
        roots = [asn1_x509.Certificate.load(anchor.certificate) for anchor in anchors.anchors]
        self._roots = SimpleTrustManager.build(trust_roots=roots)
        self._found: Bounded[tuple[bytes, tuple[bytes, ...]], tuple[Path, ...] | NoPath] = Bounded(_KEPT)

    def find(self, leaf: bytes, others: tuple[bytes, ...]) -> tuple[Path, ...] | NoPath:
        """The valid paths of a certificate, or why there is none; `others` came with it and may help."""
        key = (leaf, others)
        return self._found.get(key) or self._found.put(key, self._find(leaf, others))

    def _find(self, leaf: bytes, others: tuple[bytes, ...]) -> tuple[Path, ...] | NoPath:
        pool = _readable((*self._intermediates, *others[:_MOST_OTHERS]))
        search = _Search(self._anchors, pool)
        found, fault = [], None
        for path in search.paths((leaf,)):
            reason = _weakness(path) or self._validate(path)
            if reason is None:
                found.append(path)
            fault = fault or reason
            if len(found) == _MOST_PATHS:
                break
        return tuple(found) or fault or search.missing(leaf)

    def _validate(self, path: Path) -> NoPath | None:
        """What pyhanko-certvalidator says against a path.

        The time is the first moment at which all its certificates are valid; without one (a leaf that
        was issued after its CA expired) certvalidator refuses, and so do we. Revocation is left out.
        """
        chain = [asn1_x509.Certificate.load(one) for one in reversed(path.certificates)]
        root = asn1_x509.Certificate.load(path.anchor.certificate)
        anchor = self._roots.as_trust_anchor(AuthorityWithCert(root))
        context = ValidationContext(
            trust_manager=self._roots,
            certificate_registry=CertificateRegistry.build(chain),
            moment=max(facts_of(one).not_before for one in path.certificates),
            revocation_mode="soft-fail",
        )
        candidate = ValidationPath(anchor, chain[:-1], chain[-1])
        params = {"name": facts_of(path.certificates[0]).name}
        try:
            _run(async_validate_path(context, candidate))
        except DisallowedAlgorithmError:
            return NoPath(Sub.CRYPTO_CONSTRAINTS_FAILURE, Finding("SIGN-218", params))
        except Exception:
            # ValidationError and PathError, and whatever asn1crypto trips over in contents that only
            # look like a certificate: a path that cannot be validated does not hold
            return NoPath(Sub.CHAIN_CONSTRAINTS_FAILURE, Finding("SIGN-205", params))
        return None


class _Search:
    """One search upwards from a leaf, with its budget of steps."""

    def __init__(self, anchors: dict[bytes, list[Anchor]], pool: dict[bytes, list[bytes]]) -> None:
        self._anchors = anchors
        self._pool = pool
        self._steps = 0
        self._impostor = False  # a name of somebody we know, signed by somebody else

    def paths(self, below: tuple[bytes, ...]) -> Iterator[Path]:
        """Paths that continue `below` (leaf first), those straight to a root before longer ones."""
        top = below[-1]
        issuer = parse(top).issuer.public_bytes()
        for anchor in self._anchors.get(issuer, ()):
            if self._signed(top, anchor.certificate):
                yield Path(below, anchor)
        if len(below) > _DEEPEST:
            return
        for candidate in self._pool.get(issuer, ()):
            if candidate not in below and self._signed(top, candidate):
                yield from self.paths((*below, candidate))

    def missing(self, leaf: bytes) -> NoPath:
        """Why nothing was found."""
        facts = facts_of(leaf)
        params = {"name": facts.name, "issuer": facts.issuer_name}
        if self._impostor:
            return NoPath(Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE, Finding("SIGN-204", params))
        return NoPath(Sub.NO_CERTIFICATE_CHAIN_FOUND, Finding("SIGN-201", params))

    def _signed(self, certificate: bytes, issuer: bytes) -> bool:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return False
        genuine = is_issued_by(certificate, issuer)
        self._impostor |= not genuine
        return genuine


def _weakness(path: Path) -> NoPath | None:
    """A key in the path that the policy does not accept."""
    for one in (*path.certificates, path.anchor.certificate):
        facts = facts_of(one)
        if not facts.key_accepted:
            finding = Finding("SIGN-217", {"name": facts.name, "key": facts.key})
            return NoPath(Sub.CRYPTO_CONSTRAINTS_FAILURE, finding)
    return None


def _readable(certificates: Sequence[bytes]) -> dict[bytes, list[bytes]]:
    """CA certificates by subject; what cannot be read helps nobody and is left out."""
    found: dict[bytes, list[bytes]] = {}
    for one in dict.fromkeys(certificates):
        try:
            if facts_of(one).is_ca:
                found.setdefault(_subject(one), []).append(one)
        except Invalid:
            continue
    return found


def _subject(certificate: bytes) -> bytes:
    return parse(certificate).subject.public_bytes()


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine of certvalidator to its end, in any thread, with or without an event loop.

    Nothing is fetched, so it never waits for anything and ends in its first step.
    """
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise RuntimeError
