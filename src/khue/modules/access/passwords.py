"""Password hashing that a weak school server can afford (băm mật khẩu).

argon2id with 19 MiB, two passes, one lane: the smallest of the settings that the OWASP password
storage cheat sheet counts as equal in strength. Django's own choice takes 100 MiB for each
sign-in, so that thirty teachers at the bell would need three gigabytes.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class SmallArgon2(Argon2PasswordHasher):
    """argon2id, m = 19456 KiB, t = 2, p = 1; older hashes are renewed at the next sign-in."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
