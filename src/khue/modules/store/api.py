"""What other modules and the command line may call of the store."""

from __future__ import annotations

from khue.modules.store.work import work

__all__ = ["work"]
