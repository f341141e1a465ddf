"""`python -m khue`: the command line."""

from __future__ import annotations

from khue.project.cli import main

raise SystemExit(main())
