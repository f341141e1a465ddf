"""What services have done on bad days (trục trặc của dịch vụ), to be switched on one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Pair = tuple[str, str]  # id, signature value in base64


@dataclass(slots=True)
class Mischief:
    """All off at first. The counters break that many of the next calls whose address contains `where`."""

    swap: bool = False  # the first two values change places
    truncate: bool = False  # the last value is missing
    repeat: bool = False  # the first comes again in place of the last
    extra: bool = False  # one more than was asked for
    garble: bool = False  # one value is another signature's
    blank: bool = False  # one value is not base64
    other_certificate: bool = False  # a certificate that belongs to somebody else
    errors: int = 0  # status 500
    nonsense: int = 0  # not JSON
    huge: int = 0  # more bytes than anyone wants
    lost: int = 0  # the call is carried out, but its answer is an error 504
    delay: float = 0.0  # real seconds before each answer
    where: str = ""

    def values(self, pairs: Sequence[Pair]) -> list[Pair]:
        """The values as they are sent."""
        sent = list(pairs)
        if self.swap and len(sent) > 1:
            (first, one), (second, two) = sent[:2]
            sent[:2] = [(first, two), (second, one)]
        if self.garble:
            sent[0] = (sent[0][0], "A" * 22 + sent[0][1][22:])
        if self.blank:
            sent[0] = (sent[0][0], "%%%")
        if self.repeat:
            sent[-1] = sent[0]
        if self.extra:
            sent.append(("0" * 32, sent[0][1]))
        return sent[:-1] if self.truncate else sent

    def breaks(self, counter: str, path: str) -> bool:
        """Whether this call is one to break."""
        left = getattr(self, counter)
        if left <= 0 or self.where not in path:
            return False
        setattr(self, counter, left - 1)
        return True
