"""Readings of doubtful clauses: each is a setting with its default (assessment.md section 11)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self

from khue.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOICES: dict[str, tuple[str, ...]] = {
    "adjustment": ("strict", "lenient"),
    "three_level_drop": ("one_step", "below_deserved"),
    "topic": ("extra", "replaces"),
    "both_failed": ("blocked", "allowed"),
    "optional_subjects": ("counted", "left_out"),
    "absence": ("day", "session", "morning"),
    "graduation_weights": ("rising", "equal"),
    "graduation_rounding": ("rounded", "exact"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a school follows where the text can be read in two ways (cách hiểu quy định)."""

    # No. 4: is the one subject left out and the others tested, or given a good result? Public code is strict.
    adjustment: Literal["strict", "lenient"] = "strict"
    # No. 4: a drop of three levels is raised to the level next to the one obtained, or to the one deserved.
    three_level_drop: Literal["one_step", "below_deserved"] = "one_step"
    # No. 5: the topic cluster is one more ĐĐGtx, or takes the place of one (Điều 6 khoản 3 TT 22).
    topic: Literal["extra", "replaces"] = "extra"
    # No. 6: conduct and learning both Chưa đạt; the ministry's full answer was not available (S19, S20).
    both_failed: Literal["blocked", "allowed"] = "blocked"
    # No. 7: optional subjects (NN2, tiếng dân tộc) in Điều 9 khoản 2; the text makes no exception.
    optional_subjects: Literal["counted", "left_out"] = "counted"
    # No. 11: in two-session schools an absent day counts once, also if only the afternoon was missed; or
    # each session counts; or a missed afternoon alone does not count.
    absence: Literal["day", "session", "morning"] = "day"
    # No. 12: the three years of upper secondary school count 1-2-3 towards ĐXTN, or alike.
    graduation_weights: Literal["rising", "equal"] = "rising"
    # No. 12: ĐXTN is rounded before it is compared with the pass score, or not.
    graduation_rounding: Literal["rounded", "exact"] = "rounded"

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Self:
        """Settings from stored choices; an unknown name or value is refused (`CORE-009`)."""
        names = {field.name for field in fields(cls)}
        for name, value in chosen.items():
            if name not in names or value not in CHOICES[name]:
                raise Invalid("CORE-009", field=name, name=name, value=value)
        return cls(**chosen)


DEFAULT = Settings()
