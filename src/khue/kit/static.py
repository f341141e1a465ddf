"""Static files under hashed names, compressed once, cached for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """Hashed names when `collectstatic` has run; plain names before that (tests, first start)."""

    manifest_strict = False
    # Our scripts import their parts by hashed names too; those of others are left as they came.
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("ui/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),  # noqa: SLF001
    )

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one when the file was not collected yet."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
