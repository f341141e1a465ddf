"""What other modules may call of accounts and grants."""

from __future__ import annotations

from khue.modules.access.accounts import create_account, create_accounts, reset_account
from khue.modules.access.explain import register_explainable
from khue.modules.access.models import Account, Grant
from khue.modules.access.queries import actor_for, capacity_of
from khue.modules.access.roles import role_name
from khue.modules.access.services import close_emergency, grant, open_emergency, revoke, withdraw_grants

__all__ = [
    "Account",
    "Grant",
    "actor_for",
    "capacity_of",
    "close_emergency",
    "create_account",
    "create_accounts",
    "grant",
    "open_emergency",
    "register_explainable",
    "reset_account",
    "revoke",
    "role_name",
    "withdraw_grants",
]
