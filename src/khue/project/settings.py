"""Django's view of khue.project.config: plain values, no logic of its own."""

from __future__ import annotations

from pathlib import Path

from khue.project.sqlite import use_bundled_sqlite

use_bundled_sqlite()

from khue.project.config import Config  # noqa: E402 - after the SQLite swap

CONFIG = Config()
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = CONFIG.secret()
CONFIG_SECRET_FILE = None if CONFIG.secret_key else CONFIG.secret_key_file or CONFIG.data_dir / "secret.key"
DEBUG = CONFIG.debug
ALLOWED_HOSTS = [host.strip() for host in CONFIG.allowed_hosts.split(",") if host.strip()]
ROOT_URLCONF = "khue.project.urls"
WSGI_APPLICATION = "khue.project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.Account"
SITE_NAME = "Khuê"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "khue.kit",
    "khue.kit.ui",
    "khue.modules.codes",
    "khue.modules.orgs",
    "khue.modules.people",
    "khue.modules.access",
    "khue.modules.schooling",
    "khue.modules.records",
    "khue.modules.gradebook",
    "khue.modules.register",
    "khue.modules.transcripts",
    "khue.modules.store",
    "khue.modules.transfers",
    "khue.modules.importing",
    "khue.project",
]

MIDDLEWARE = [
    "khue.kit.web.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "khue.kit.queued_sqlite.OneSaveAtATime",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "khue.kit.language.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "khue.kit.web.ErrorPages",
    "allauth.account.middleware.AccountMiddleware",  # below, so that its «sign in again» is no error
    "khue.modules.access.middleware.ActorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "kit" / "ui" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "khue.kit.web.page_context",
                "khue.project.context.navigation",
            ],
        },
    },
]

DATABASES = {"default": CONFIG.database()}

AUTHENTICATION_BACKENDS = ["khue.modules.access.sessions.AccountBackend"]
PASSWORD_HASHERS = [
    "khue.modules.access.passwords.SmallArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "khue.modules.access.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# A whole school stands behind one address: its teachers sign in within the same minute.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "20/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Khuê"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not CONFIG.https

SESSION_COOKIE_AGE = CONFIG.session_hours * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# In the database alone: each process has a cache of its own, which would not hear of a sign-out.
SESSION_ENGINE = "khue.modules.access.sessions"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.https else None
CSRF_FAILURE_VIEW = "khue.kit.web.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"] if CONFIG.https else []
ALLAUTH_TRUSTED_PROXY_COUNT = CONFIG.proxies
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "khue_language"
LANGUAGE_COOKIE_AGE = 31_536_000  # a year
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = CONFIG.https
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.data_dir / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "khue.kit.static.HashedStatic"},
}
WHITENOISE_MAX_AGE = 3600  # of plain names; hashed names are kept for ever
MEDIA_ROOT = CONFIG.data_dir / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
KHUE_UPLOAD_LIMIT = CONFIG.upload_limit_mb * 1024 * 1024
KHUE_REQUIRE_MFA = CONFIG.require_mfa
KHUE_DEMO = CONFIG.demo
KHUE_CORRECTION_WINDOW_HOURS = CONFIG.correction_window_hours
KHUE_SIGNING = CONFIG.signing
KHUE_SIGNING_MINUTES = CONFIG.signing_minutes
KHUE_TSA_URL = CONFIG.tsa_url
KHUE_STAMP_WAIT_HOURS = CONFIG.stamp_wait_hours
KHUE_LOG_ORIGIN = CONFIG.log_origin
KHUE_STORE_URL = CONFIG.store_url
KHUE_STORE_DOUBT = CONFIG.store_doubt
KHUE_STORE_OUTBOX = CONFIG.store_outbox
KHUE_EMERGENCY_MINUTES = CONFIG.emergency_minutes

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
