"""The WSGI entry point that granian, or any WSGI server, loads."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "khue.project.settings")

from django.core.wsgi import get_wsgi_application  # settings first

application = get_wsgi_application()
