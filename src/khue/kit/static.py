"""Static files under hashed names, compressed once, cached for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """Hashed names when `collectstatic` has run; plain names before that (tests, first start)."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one when the file was not collected yet."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
