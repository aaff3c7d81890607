"""What gunicorn serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consilience.config.settings")
application = get_wsgi_application()

# Django would load every page and operation with the first request; whoever asks first should not wait for that.
from consilience.config import urls  # noqa: E402, F401
