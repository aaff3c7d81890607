"""Django, set up for tests: imported before anything that needs it.

Nothing here sees the workspace of whoever runs the tests.
"""

from __future__ import annotations

import os

NOWHERE = "/nonexistent/this test has no workspace"

os.environ["CONSILIENCE_HOME"] = NOWHERE
os.environ["DJANGO_SETTINGS_MODULE"] = "consilience.config.settings"
os.environ.pop("CONSILIENCE_DATABASE", None)

import django
from django.conf import settings
from django.test.utils import setup_test_environment

django.setup()
setup_test_environment()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one costs 0.3 s each time
