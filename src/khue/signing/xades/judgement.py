"""How findings add up to the indication of one signature (EN 319 102-1, 5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from khue.signing.report import Finding, Indication, Sub, Verdict

_VERDICTS = {
    Indication.PASSED: Verdict.VALID,
    Indication.INDETERMINATE: Verdict.UNCERTAIN,
    Indication.FAILED: Verdict.INVALID,
}
_GRAVITY = (Indication.PASSED, Indication.INDETERMINATE, Indication.FAILED)


@dataclass(slots=True)
class Judgement:
    """Findings as they come. The worst gives the indication, the first of the worst its sub-indication."""

    indication: Indication = Indication.PASSED
    sub: Sub = Sub.NONE
    findings: list[Finding] = field(default_factory=list)

    def fail(self, sub: Sub, *findings: Finding) -> None:
        """Something is wrong."""
        self.weigh(Indication.FAILED, sub, findings)

    def doubt(self, sub: Sub, *findings: Finding) -> None:
        """Something cannot be known here and now."""
        self.weigh(Indication.INDETERMINATE, sub, findings)

    def note(self, *findings: Finding) -> None:
        """Something worth knowing that changes nothing."""
        self.findings += findings

    def weigh(self, indication: Indication, sub: Sub, findings: tuple[Finding, ...]) -> None:
        """The same with an indication that somebody else gave. Worse findings come first."""
        if _GRAVITY.index(indication) > _GRAVITY.index(self.indication):
            self.indication, self.sub = indication, sub
            self.findings[:0] = findings
        else:
            self.findings += findings

    @property
    def verdict(self) -> Verdict:
        """The first level."""
        return verdict_of(self.indication)


def verdict_of(indication: Indication) -> Verdict:
    """The first level of an indication."""
    return _VERDICTS[indication]


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several verdicts; VALID if there are none."""
    order = (Verdict.VALID, Verdict.UNCERTAIN, Verdict.INVALID)
    return max(verdicts, key=order.index, default=Verdict.VALID)
