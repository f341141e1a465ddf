"""Where the files of a log are kept (kho tệp nhật kí): a folder now, memory in tests, elsewhere later.

A store knows names and bytes, nothing of trees. What a writer needs of it: files appear whole or not
at all, they are durable when `put` returns, and only one writer holds the log at a time. The lock is
the operating system's, so a process that dies holds nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from khue.core.errors import Conflict, Invalid

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".lock"
NAME = re.compile(
    r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
    r"|checkpoint|checkpoints/[0-9]+(?:\.[0-9]+)?(?:\.[a-z0-9]+)?|\.pending|witness/[0-9a-f]{64}"
)


def checked_name(name: str) -> str:
    """A name that a log may use; anything else, a path trick above all, is refused (`SIGN-400`)."""
    if NAME.fullmatch(name) is None:
        raise Invalid("SIGN-400", name=name[:100])
    return name


class TileStore(Protocol):
    """A place for the files of one log, by names such as `tile/0/x001/234` and `checkpoint`."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files, each whole or not at all; all are durable when this returns."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no matter."""

    def names(self, folder: str) -> Iterator[str]:
        """The names of the files right in a folder (`checkpoints`), in no order."""

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Hold the log for writing; refuses if somebody else does (`SIGN-401`)."""


class MemoryStore:
    """A store in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._held = False

    def get(self, name: str) -> bytes | None:
        """The bytes of a file."""
        return self.files.get(checked_name(name))

    def put(self, files: Mapping[str, bytes]) -> None:
        """Keep files."""
        self.files.update({checked_name(name): bytes(data) for name, data in files.items()})

    def remove(self, names: Iterable[str]) -> None:
        """Forget files."""
        for name in names:
            self.files.pop(checked_name(name), None)

    def names(self, folder: str) -> Iterator[str]:
        """The names right in a folder."""
        prefix = folder + "/"
        yield from [name for name in self.files if name.startswith(prefix) and "/" not in name[len(prefix) :]]

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the log."""
        if self._held:
            raise Conflict("SIGN-401")
        self._held = True
        try:
            yield
        finally:
            self._held = False


class FolderStore:
    """A store in a folder, which any web server can serve as it stands.

    Files are written beside their place, brought to the disk, then renamed; a reader never meets half
    a file. Names of temporary files begin with a dot: no name of a log does, so none is served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str) -> bytes | None:
        """The bytes of a file."""
        try:
            return (self.folder / checked_name(name)).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files: all temporary ones first, so that the disk may order the work, then the renames."""
        moves: list[tuple[Path, Path]] = []
        try:
            for name, data in files.items():
                place = self.folder / checked_name(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                temporary = place.with_name(f".{place.name}.tmp")
                moves.append((temporary, place))
                temporary.write_bytes(data)
            for temporary, _ in moves:
                _to_disk(temporary)
            for temporary, place in moves:
                temporary.replace(place)
        except OSError:
            for temporary, _ in moves:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
            raise
        self._folders_to_disk({place.parent for _, place in moves})

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        touched = set()
        for name in names:
            place = self.folder / checked_name(name)
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                place.unlink()
                touched.add(place.parent)
        self._folders_to_disk(touched)

    def names(self, folder: str) -> Iterator[str]:
        """The names right in a folder."""
        with contextlib.suppress(FileNotFoundError):
            for place in (self.folder / folder).iterdir():
                if place.is_file() and not place.name.startswith("."):
                    yield f"{folder}/{place.name}"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the log by an advisory lock on a file that stays."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("ab") as handle:
            _hold(handle)
            yield

    def _folders_to_disk(self, folders: Iterable[Path]) -> None:
        """Bring the renames to the disk, also the folders that were made on the way."""
        above = {parent for folder in folders for parent in (folder, *folder.parents)}
        for folder in sorted(above):
            if folder == self.folder or self.folder in folder.parents:
                _to_disk(folder)


def _to_disk(place: Path) -> None:
    if os.name == "nt":
        if place.is_dir():  # Windows keeps folders itself and cannot open them
            return
        flags = os.O_RDWR
    else:
        flags = os.O_RDONLY
    handle = os.open(place, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hold(handle: BinaryIO) -> None:
    """Take the lock of an open file without waiting; it goes with the handle."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Conflict("SIGN-401") from error
