"""Typed settings of one installation; the only reader of the environment (prefix KHUE_)."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from khue.project.sqlite import SAFE_SQLITE, library_version


class Config(BaseSettings):
    """What an operator may set. Every field says what it is for and its unit."""

    model_config = SettingsConfigDict(env_prefix="KHUE_", extra="ignore")

    profile: Literal["school", "province"] = Field(
        "school", description="school: one school on SQLite; province: many on PostgreSQL."
    )
    data_dir: Path = Field(Path("khue-data"), description="Folder of the database, keys and files.")
    database_url: str = Field(
        "",
        description="postgres://user:password@host:port/name or sqlite:///path; empty = SQLite in data_dir.",
    )
    database_url_file: Path | None = Field(
        None, description="File that holds the database address with its password."
    )
    secret_key: str = Field("", description="Secret of sessions and signatures; empty = file in data_dir.")
    secret_key_file: Path | None = Field(None, description="File that holds the secret.")
    allowed_hosts: str = Field("localhost,127.0.0.1,[::1]", description="Host names, comma separated.")
    debug: bool = Field(False, description="Developer pages with tracebacks; never in service.")
    https: bool = Field(
        False,
        description="Served through HTTPS by a proxy that sets X-Forwarded-Proto: secure cookies, HSTS.",
    )
    proxies: int = Field(
        0,
        ge=0,
        le=5,
        description="Number of proxies in front that append to X-Forwarded-For; 0 = none is trusted.",
    )
    demo: bool = Field(False, description="Demo mode: sample logins are shown on the first page.")
    require_mfa: bool = Field(
        True, description="Staff must use a second factor (TOTP or passkey) before they see pupils."
    )
    upload_limit_mb: int = Field(20, ge=1, le=200, description="Largest upload, MiB.")
    correction_window_hours: int = Field(
        24, ge=1, le=720, description="A requested mark correction expires by itself after so many hours."
    )
    signing: Literal["required", "optional"] = Field(
        "required",
        description="required: terms are closed by digital signatures only; optional: also without.",
    )
    signing_minutes: int = Field(
        30, ge=5, le=480, description="What a person checked may be signed for so many minutes."
    )
    tsa_url: str = Field(
        "", description="RFC 3161 time-stamping server for school seals; empty = the evidence log alone."
    )
    stamp_wait_hours: int = Field(
        24, ge=0, le=720,
        description="A sealed record waits so long for its time-stamp, then it is issued without.",
    )
    log_origin: str = Field(
        "khue.invalid/evidence", description="Name of the evidence log: a domain and path of yours."
    )
    store_url: str = Field(
        "",
        description="Address of the department's store of transcripts: https://…/kho-hoc-ba/api/v1; "
        "empty = the store is in this installation.",
    )
    store_doubt: Literal["hold", "reject"] = Field(
        "hold",
        description="A transcript that cannot be verified to the end: hold = an officer decides; reject.",
    )
    store_outbox: Path | None = Field(
        None, description="Folder into which the store hands on what it accepts; empty = it hands on nothing."
    )
    emergency_minutes: int = Field(60, ge=5, le=480, description="Length of an emergency access, minutes.")
    session_hours: int = Field(12, ge=1, le=72, description="A session ends after so many hours.")
    db_pool: int = Field(4, ge=1, le=64, description="PostgreSQL connections per process.")

    @field_validator("database_url")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"postgres", "postgresql", "sqlite"}:
            msg = "KHUE_DATABASE_URL phải bắt đầu bằng postgres:// hoặc sqlite:///."
            raise ValueError(msg)
        return value

    @field_validator("secret_key_file", "database_url_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        """A named file must be there: a key made anew would leave sealed numbers unreadable for ever."""
        if value is not None and not (value.is_file() and value.read_text(encoding="utf-8").strip()):
            msg = f"Không có tệp {value}, hoặc tệp rỗng. Hãy ghi đúng đường dẫn tới tệp bí mật."
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _address_from_file(self) -> Self:
        if self.database_url_file is not None and not self.database_url:
            address = self.database_url_file.read_text(encoding="utf-8").strip()
            self.database_url = self._known_scheme(address)
        return self

    def secret(self) -> str:
        """The secret key: from the setting, a named file, or a file made once in data_dir."""
        if self.secret_key:
            return self.secret_key
        path = self.secret_key_file or self.data_dir / "secret.key"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process was first: its key is the key
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="ascii") as stream:
                    stream.write(secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()

    def database(self) -> dict[str, object]:
        """Django's description of the database."""
        url = urlsplit(self.database_url)
        if url.scheme in {"postgres", "postgresql"}:
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": unquote(url.path.lstrip("/")),
                "USER": unquote(url.username or ""),
                "PASSWORD": unquote(url.password or ""),
                "HOST": dict(parse_qsl(url.query)).get("host", url.hostname or ""),
                "PORT": str(url.port or ""),
                "OPTIONS": {
                    "pool": {"min_size": 1, "max_size": self.db_pool, "timeout": 20},
                    # Prepared reads (kit/prepared.py) are planned once, not again with every value.
                    "options": "-c plan_cache_mode=force_generic_plan", "prepare_threshold": 5,
                },
            }
        name = unquote(url.path[1:]) if url.scheme == "sqlite" else str(self.data_dir / "khue.sqlite3")
        return {
            "ENGINE": "khue.kit.queued_sqlite", "NAME": name, "OPTIONS": sqlite_options(),
            "TEST": {"NAME": ":memory:"},
            "CONN_MAX_AGE": None,  # opening costs more than a save: a thread keeps its connection
        }


SQLITE_OPTIONS: dict[str, object] = {
    # A writer takes its lock at BEGIN: no deadlock between two readers that both want to write.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        # A saved mark is a record: survive a power loss, not only a crash.
        "PRAGMA synchronous=FULL;"
        "PRAGMA foreign_keys=ON;"
        "PRAGMA temp_store=MEMORY;"
        "PRAGMA mmap_size=268435456;"
        "PRAGMA cache_size=-16000;"
        "PRAGMA wal_autocheckpoint=4000;"  # pages that many saves change are written back once
    ),
}


def sqlite_options() -> dict[str, object]:
    """The options; without WAL where the library has the WAL-reset bug (slower, but never a lost mark)."""
    options = dict(SQLITE_OPTIONS)
    if library_version() < SAFE_SQLITE:
        options["init_command"] = str(options["init_command"]).replace(
            "journal_mode=WAL", "journal_mode=DELETE"
        )
    return options
