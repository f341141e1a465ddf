"""Whose signatures a checkpoint must bear (chính sách nhật kí, C2SP tlog-policy): logs, witnesses, quorum.

The file is data, one line per fact, and the same that other tools for such logs read:

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>…
    quorum <name>|none
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from khue.core.errors import Invalid
from khue.signing.log.note import Kind, NoteKey

NONE = "none"
_WITHOUT_URL, _WITH_URL, _LEAST_OF_GROUP, _QUORUM = 2, 3, 4, 2


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness as the policy names it (bên chứng kiến)."""

    name: str
    key: NoteKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these members."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """The logs that are accepted, the witnesses that are known, and who of them must have cosigned."""

    logs: tuple[NoteKey, ...]
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[tuple[str, Group], ...] = ()
    quorum: str = NONE

    @classmethod
    def simple(cls, log: NoteKey, witnesses: Sequence[Witness] = (), needed: int = 0) -> Policy:
        """One log, and `needed` of these witnesses."""
        if not needed:
            return cls((log,), tuple(witnesses))
        group = Group(needed, tuple(witness.name for witness in witnesses))
        return cls((log,), tuple(witnesses), (("quorum", group),), "quorum")

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """All known keys."""
        return (*self.logs, *(witness.key for witness in self.witnesses))

    def keys_of(self, origin: str) -> tuple[NoteKey, ...]:
        """The keys of one log: those that bear its name."""
        return tuple(key for key in self.logs if key.name == origin)

    def satisfied(self, cosigned: Collection[str]) -> bool:
        """Whether the witnesses of these names are enough."""
        if self.quorum == NONE:
            return True
        seen = set(cosigned)
        for name, group in self.groups:  # members stand before the group, so one pass is enough
            if len(seen.intersection(group.members)) >= group.needed:
                seen.add(name)
        return self.quorum in seen

    @property
    def text(self) -> str:
        """The file."""
        lines = [f"log {key.vkey}" for key in self.logs]
        lines += [f"witness {one.name} {one.key.vkey} {one.url}".rstrip() for one in self.witnesses]
        lines += [f"group {name} {group.needed} {' '.join(group.members)}" for name, group in self.groups]
        return "\n".join([*lines, f"quorum {self.quorum}", ""])

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Read the file; what is wrong in it is refused with its line (`SIGN-415`)."""
        reader = _Reader()
        for number, line in enumerate(text.split("\n"), 1):
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if not words or words[0].startswith("#"):
                continue
            if any(sign < " " for sign in "".join(words)) or not reader.take(words):
                raise Invalid("SIGN-415", line=number)
        if reader.quorum is None:
            raise Invalid("SIGN-415", line=text.count("\n") + 1)
        return cls(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)


class _Reader:
    """The lines so far, and what may still be said of them."""

    def __init__(self) -> None:
        self.logs: list[NoteKey] = []
        self.witnesses: list[Witness] = []
        self.groups: list[tuple[str, Group]] = []
        self.quorum: str | None = None
        self._free: set[str] = set()  # names that no group holds yet
        self._names: set[str] = {NONE}

    def take(self, words: list[str]) -> bool:
        """Take one line; whether it may stand there."""
        match words[0]:
            case "log":
                return self._log(words)
            case "witness":
                return self._witness(words)
            case "group":
                return self._group(words)
            case "quorum":
                return self._quorum(words)
        return False

    def _log(self, words: list[str]) -> bool:
        if len(words) not in {_WITHOUT_URL, _WITH_URL}:
            return False
        key = NoteKey.parse(words[1])
        fresh = key.kind is Kind.NOTE and all(key.public != known.public for known in self.logs)
        self.logs.append(key)
        return fresh

    def _witness(self, words: list[str]) -> bool:
        if len(words) not in {_WITHOUT_URL + 1, _WITH_URL + 1} or words[1] in self._names:
            return False
        key = NoteKey.parse(words[2])
        fresh = key.kind is Kind.COSIGNATURE and all(key.public != one.key.public for one in self.witnesses)
        self.witnesses.append(Witness(words[1], key, *words[3:]))
        self._define(words[1])
        return fresh

    def _group(self, words: list[str]) -> bool:
        if len(words) < _LEAST_OF_GROUP or words[1] in self._names:
            return False
        name, needed, members = words[1], words[2], words[3:]
        count = {"all": str(len(members)), "any": "1"}.get(needed, needed)
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= len(members)):
            return False
        if len(set(members)) != len(members) or not self._free.issuperset(members):
            return False
        self._free.difference_update(members)
        self.groups.append((name, Group(int(count), tuple(members))))
        self._define(name)
        return True

    def _quorum(self, words: list[str]) -> bool:
        if len(words) != _QUORUM or self.quorum is not None or words[1] not in self._names:
            return False
        self.quorum = words[1]
        return True

    def _define(self, name: str) -> None:
        self._names.add(name)
        self._free.add(name)
