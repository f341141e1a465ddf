"""The WSGI entry point that granian, or any WSGI server, loads."""

from __future__ import annotations

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "khue.project.settings")

from django.core.wsgi import get_wsgi_application  # settings first

application = get_wsgi_application()

# What is loaded now stays for ever: collections of garbage need not look through it again.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
