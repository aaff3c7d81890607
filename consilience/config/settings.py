"""Django's settings. Everything an operator may set is an environment variable named CONSILIENCE_*."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from consilience.config.home import home


def _switch(name: str) -> bool:
    """A setting that is `yes` or `no`, and no where it is not set."""
    said = os.environ.get(name, "no")
    if said not in ("yes", "no"):
        raise ValueError(f"{name}: {said!r} is neither yes nor no")
    return said == "yes"


HOME = home()
PACKAGE = Path(__file__).resolve().parent.parent
WEB = PACKAGE / "surfaces" / "web"

SECRET_KEY = HOME.secret_key()
DEBUG = False
PUBLIC_URL = os.environ.get("CONSILIENCE_PUBLIC_URL", "http://127.0.0.1:8600")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = sorted({"127.0.0.1", "localhost", "[::1]", _public.hostname or "localhost"})
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SECURE = _public.scheme == "https"

LOG_KEY_FILE = HOME.log_key
CHECKPOINT_FILE = HOME.checkpoint
CONTENT_FOLDER = HOME.content
METRICS_TOKEN = os.environ.get("CONSILIENCE_METRICS_TOKEN", "")
METRICS_LOCAL = _switch("CONSILIENCE_METRICS_LOCAL")
PUBLISH_LOG = _switch("CONSILIENCE_PUBLISH_LOG")
MAX_UPLOAD_BYTES = int(os.environ.get("CONSILIENCE_MAX_UPLOAD_MB", "512")) * 2**20

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "consilience.kit.records",
    "consilience.domains.ledger",
    "consilience.domains.access",
    "consilience.domains.witness",
    "consilience.domains.content",
    "consilience.domains.people",
    "consilience.domains.keys",
    "consilience.domains.inventory",
    "consilience.domains.evidence",
    "consilience.domains.policy",
    "consilience.domains.release",
    "consilience.domains.review",
    "consilience.domains.monitor",
    "consilience.domains.gate",
    "consilience.surfaces.web",
    "consilience.config",
]

MIDDLEWARE = [
    "consilience.surfaces.requests.WithRequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "consilience.surfaces.language.told_to_reader",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "consilience.config.urls"
WSGI_APPLICATION = "consilience.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "consilience.surfaces.web.shell.shell",
            ],
        },
    },
]


def _database() -> dict[str, object]:
    """SQLite in the workspace's folder, or what CONSILIENCE_DATABASE names: postgresql://user@host:port/name."""
    url = os.environ.get("CONSILIENCE_DATABASE")
    if not url:
        pragmas = (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA busy_timeout=20000;"
            "PRAGMA recursive_triggers=ON;PRAGMA secure_delete=ON"
        )
        options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME.database, "OPTIONS": options}
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"CONSILIENCE_DATABASE: {parts.scheme!r} is not supported, expected postgresql://…")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["consilience.surfaces.web.login.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "consilience.surfaces.web.login.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
EMAIL_BACKEND = os.environ.get("CONSILIENCE_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [WEB / "static"]
STATIC_ROOT = None  # served from the package by WhiteNoise's finders
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20

LOG_FORMAT = os.environ.get("CONSILIENCE_LOG_FORMAT", "plain")
if LOG_FORMAT not in ("plain", "json"):
    raise ValueError(f"CONSILIENCE_LOG_FORMAT: {LOG_FORMAT!r} is neither plain nor json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "consilience.surfaces.logs.RequestId"}},
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
        "json": {"()": "consilience.surfaces.logs.AsJson"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("CONSILIENCE_LOG_LEVEL", "WARNING")},
}
