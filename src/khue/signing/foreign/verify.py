"""Verifies transcripts that other systems signed (kiểm tra học bạ từ nơi khác), by a closed profile.

Valid means: a known layout, every required slot signed, each over exactly what it must cover, nothing
beside, every certificate trusted. What is forged is invalid. Whatever is outside the profile is «not
certain» and left to a person; this code is never made to accept more in order to please a file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from khue.signing.algorithms import POLICY_VERSION
from khue.signing.foreign.judge import Bench, Outcome, report_of
from khue.signing.foreign.layout import Layout, recognize
from khue.signing.foreign.reading import Problem, Stopped, doubtful, forged, parse
from khue.signing.foreign.shape import Shape, missing, read_shape
from khue.signing.report import Indication, Report, Sub, Verdict
from khue.signing.trust.base import Trust
from khue.signing.xades.judgement import worst

_YEAR = re.compile(r"(\d{4})\s*[-–]\s*\d{4}\Z")
_CRYPTOGRAPHIC = {Sub.HASH_FAILURE, Sub.SIG_CRYPTO_FAILURE}


@dataclass(frozen=True, slots=True)
class Question:
    """What a second verifier is asked about one signature: where it stands, which Ids exist, whose key."""

    path: str  # XPath by positions, without names
    id_tags: tuple[str, ...]  # elements with an attribute Id that references lead to, «namespace:name»
    certificate: bytes  # of the signer, DER


SecondOpinion = Callable[[bytes, Sequence[Question]], Sequence[bool | None]]


def verify_foreign(
    data: bytes,
    *,
    trust: Trust,
    now: dt.datetime,
    layouts: Sequence[Layout],
    level: str = "",
    school_year: int | None = None,
    second_opinion: SecondOpinion | None = None,
) -> Report:
    """The report on a file from another system.

    `level` (TH, THCS, THPT, GDTX) and `school_year` (the calendar year in which it began) are what the
    reader knows from elsewhere; without them the file itself must say enough. `second_opinion` is asked
    about every signature that could be read; where it disagrees, the file is not certain.
    """
    blank = Report(
        "xml",
        Verdict.INVALID,
        digest=hashlib.sha256(data).hexdigest(),
        size=len(data),
        checked_at=now.astimezone(dt.UTC),
        policy=POLICY_VERSION,
    )
    try:
        root = parse(data)
        shape = _shape(root, layouts, level, school_year)
    except Stopped as stop:
        verdict = Verdict.INVALID if stop.problem.forged else Verdict.UNCERTAIN
        return replace(blank, verdict=verdict, findings=(stop.problem.finding,))
    if not shape.layout.slots:
        unknown = doubtful("SIGN-626", name=shape.layout.name).finding
        named = replace(blank, record_type=shape.layout.code, record_name=shape.layout.name)
        return replace(named, verdict=Verdict.UNCERTAIN, findings=(unknown,))
    bench = Bench(shape, trust, now, data)
    bench.read_all()
    bench.judge_all()
    if second_opinion is not None:
        _ask(second_opinion, data, bench)
    return _report(blank, bench)


def _shape(root: Any, layouts: Sequence[Layout], level: str, year: int | None) -> Shape:
    """The document by the first layout that it fits, else by the likeliest."""
    first: Shape | None = None
    for layout in recognize(root, layouts, year):
        if not layout.slots:
            return first or Shape(layout, root)
        shape = read_shape(root, layout, level)
        stated = _YEAR.search(shape.facts.get("year", ""))
        if stated and not layout.holds_in(int(stated[1])):
            shape.problems.append(doubtful("SIGN-627", layout=layout.code, year=stated[1]))
        if not shape.problems:
            return shape
        first = first or shape
    if first is None:
        raise Stopped(doubtful("SIGN-601"))
    return first


def _report(blank: Report, bench: Bench) -> Report:
    shape = bench.shape
    names, lacking = missing(shape)
    problems = [*shape.problems, *lacking, *_uncovered(bench)]
    verdicts = [one.judgement.verdict for one in bench.outcomes]
    verdict = worst([*verdicts, *(Verdict.INVALID if one.forged else Verdict.UNCERTAIN for one in problems)])
    content = b"" if verdict is Verdict.INVALID else _content(bench)
    facts = dict(shape.facts) if content else {}
    return replace(
        blank,
        verdict=verdict,
        record_type=shape.layout.code,
        record_name=shape.layout.name,
        record_code=facts.pop("code", ""),
        facts=facts,
        signatures=tuple(report_of(one) for one in bench.outcomes),
        missing=tuple(names),
        findings=tuple(problem.finding for problem in _by_weight(problems)),
        content=content,
    )


def _by_weight(problems: list[Problem]) -> list[Problem]:
    """What is forged first, each sentence once."""
    kept = {(one.finding.code, str(one.finding.params)): one for one in problems}
    return sorted(kept.values(), key=lambda one: not one.forged)


def _uncovered(bench: Bench) -> list[Problem]:
    """Places whose signatures together do not cover each section exactly once."""
    found = []
    for place in bench.shape.places:
        mine = [one for one in bench.outcomes if one.place is place]
        if not mine or any(one.read is None for one in mine):
            continue
        covered = [target for one in mine for target in one.covered]
        if sorted(covered) != sorted(place.covers) or not covered:
            where = f"{place.slot.name} {place.key}".strip()
            found.append(forged("SIGN-628", Sub.SIG_CONSTRAINTS_FAILURE, slot=where))
    return found


def _content(bench: Bench) -> bytes:
    """The octets that the last signature over the whole content covers: the only ones to be shown."""
    identifier = bench.shape.layout.content_id
    for one in sorted(bench.outcomes, key=lambda one: -one.place.slot.step):
        if one.sound and one.read is not None and identifier in one.covered:
            reference = next(item for item in one.read.references if item.target == identifier)
            return bench.octets_of(reference)
    return b""


def _ask(second_opinion: SecondOpinion, data: bytes, bench: Bench) -> None:
    """Compares with another program what is cryptography: digests and values, not places and roles."""
    asked: list[Outcome] = [one for one in bench.outcomes if one.read is not None and one.holder is not None]
    answers = second_opinion(data, [_question(bench, one) for one in asked])
    for one, answer in zip(asked, answers, strict=True):
        if answer is None or answer == (one.intact and one.valid):
            continue
        disagreement = doubtful("SIGN-629", slot=f"{one.place.slot.name} {one.place.key}".strip())
        found = one.judgement
        if found.indication is Indication.FAILED and found.sub in _CRYPTOGRAPHIC:
            found.indication, found.sub = Indication.INDETERMINATE, Sub.NONE
        found.findings.insert(0, disagreement.finding)
        if found.indication is Indication.PASSED:
            found.indication = Indication.INDETERMINATE


def _question(bench: Bench, one: Outcome) -> Question:
    references = one.read.references if one.read is not None else ()
    targets = [bench.shape.by_id[item.target] for item in references if item.target in bench.shape.by_id]
    tags = {str(target.tag).lstrip("{").replace("}", ":") for target in targets}
    return Question(_path(one.element), tuple(sorted(tags)), one.holder.certificate if one.holder else b"")


def _path(element: Any) -> str:
    steps = [element, *element.iterancestors()]
    return "".join(
        f"/*[{sum(1 for _one in step.itersiblings('*', preceding=True)) + 1}]" for step in reversed(steps)
    )
