"""Settings, all read from the environment here and nowhere else.

With nothing set this is a laptop: the embedded PostgreSQL in `.data/`, a secret
key kept beside it, loopback hosts, plain HTTP. With `DATABASE_URL` set it is a
deployment, which must name its secret key and hosts and is served over HTTPS.
The README's table documents each setting; a test compares the two.
"""

import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from sessionhistory.storage import attachment_storage
from sessions.postgresql.deadlines import Deadlines

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).expanduser().resolve()
DEPLOYED = bool(env.str("DATABASE_URL", default=""))
DEBUG = env.bool("DEBUG", default=False)

if DEPLOYED:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
else:
    from sessionhistory import embedded

    DATABASES = {"default": embedded.database(DATA_DIR)}
# The folder of psql, pg_dump and so on, where they are not on the PATH.
POSTGRESQL_PROGRAMS = None if DEPLOYED else str(Path(embedded.binary("psql")).parent)
DATABASES["default"]["ENGINE"] = "sessions.postgresql"  # tries a connection that was hung up on before use
DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps connections open, Django must not
OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
# Commands take as long as they need. Whoever waits for an answer over HTTP does not: wsgi.py is loaded before this.
SERVING = "sessionhistory.wsgi" in sys.modules
LOCK_SECONDS = env.float("DATABASE_LOCK_SECONDS", default=1)
IMPORT_LOCK_SECONDS = env.float("DATABASE_IMPORT_LOCK_SECONDS", default=10)
IDLE_SECONDS = env.float("DATABASE_IDLE_SECONDS", default=300)


def _deadlines(statement: float, lock: float) -> Deadlines:
    """PostgreSQL's own word for a deadline that has passed is waited for half a second more."""
    return Deadlines(statement, lock, IDLE_SECONDS, silence=statement + 0.5 if statement else 0)


if SERVING:
    DATABASE_DEADLINES = {
        "page": _deadlines(env.float("DATABASE_STATEMENT_SECONDS", default=5), LOCK_SECONDS),
        "analysis": _deadlines(env.float("DATABASE_ANALYSIS_SECONDS", default=20), LOCK_SECONDS),
        # As long as rows keep coming.
        "export": Deadlines(0, LOCK_SECONDS, IDLE_SECONDS, silence=env.float("DATABASE_EXPORT_SECONDS", default=300)),
        "import": _deadlines(env.float("DATABASE_IMPORT_SECONDS", default=60), IMPORT_LOCK_SECONDS),
    }
else:
    COMMAND_SECONDS = env.float("DATABASE_COMMAND_SECONDS", default=0)
    COMMAND = _deadlines(COMMAND_SECONDS, env.float("DATABASE_COMMAND_LOCK_SECONDS", default=0))
    DATABASE_DEADLINES = {"page": COMMAND, "analysis": COMMAND, "export": COMMAND}
    DATABASE_DEADLINES["import"] = _deadlines(COMMAND_SECONDS, IMPORT_LOCK_SECONDS)

# Compiling a statement takes 200 ms, and the estimates of the longest lists call for it where 5 ms are needed. What a
# client that has gone or given up has asked for is ended within a second.
OPTIONS["options"] = " ".join(
    [
        "-c jit=off -c client_connection_check_interval=1s",
        DATABASE_DEADLINES["page"].options,
        OPTIONS.get("options", ""),
    ]
).strip()
OPTIONS.setdefault("connect_timeout", 2 if SERVING else 10)
# A connection that nobody acknowledges any more is lost after half a minute, for those who wait without a deadline.
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30_000}
for option, value in KEEPALIVES.items():
    OPTIONS.setdefault(option, value)
DATABASE_POOL_WAITING = env.int("DATABASE_POOL_WAITING", default=32)
if POOL_SIZE := env.int("DATABASE_POOL_SIZE", default=8):
    POOL = {"min_size": 1, "max_size": POOL_SIZE, "timeout": 10, "reconnect_timeout": 5}
    if SERVING:
        # A connection that cannot be made is given up at once, and the next request tries again: the pool's own
        # pauses between attempts grow to minutes, in which a database that has returned would not be found.
        POOL |= {"timeout": env.float("DATABASE_POOL_SECONDS", default=0.8), "reconnect_timeout": 0}
    if not DEPLOYED:
        POOL["reconnect_failed"] = lambda pool: embedded.revive(DATA_DIR)
    OPTIONS["pool"] = POOL
# How often a connection runs a statement of `sessions.postgresql.prepared` before it prepares it; never without.
if env.bool("DATABASE_PREPARED_STATEMENTS", default=True):
    OPTIONS["prepare_threshold"] = 5

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if DEPLOYED:
        raise ImproperlyConfigured("Set SECRET_KEY: 50 or more random characters, the same on every server.")
    SECRET_KEY = embedded.secret_key(DATA_DIR)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if DEPLOYED else ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where people reach this server: for links made outside a request.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "heroicons",
    "sessions",
]

MIDDLEWARE = [
    "sessions.http.logs.RequestIdMiddleware",
    "sessions.http.metrics.MetricsMiddleware",
    # Set headers of every answer, those included that any of the others gives by itself.
    "sessions.http.security_headers.TransportHeadersMiddleware",
    "sessions.http.content_policy.ContentPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sessions.http.caching.CachingMiddleware",
    "sessions.http.errors.ErrorMiddleware",
    "sessions.http.clients.ClientMiddleware",
    "sessions.views.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sessions.http.authentication.TokenMiddleware",
    "sessions.http.errors.SignInRequiredMiddleware",
    "sessions.http.timezone.ViewerTimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "sessions.http.transfers.TransfersMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "sessionhistory.urls"
WSGI_APPLICATION = "sessionhistory.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["sessions.templatetags.icons", "sessions.templatetags.history"],
        },
    }
]

AUTH_USER_MODEL = "history.User"
AUTHENTICATION_BACKENDS = ["sessions.accounts.signin.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CSRF_FAILURE_VIEW = "sessions.http.errors.csrf_failure"
LOGIN_URL = "signin"
LOGIN_REDIRECT_URL = "session_list"
LOGOUT_REDIRECT_URL = "signin"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 30  # seconds: a mail server that says nothing must not keep the thread that sends
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Session History <session-history@localhost>")

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.str("ATTACHMENTS_DIR", default=str(DATA_DIR / "attachments"))
# Enforced while a body is read; an attachment goes to the storage in chunks and never through memory.
API_MAX_BODY_BYTES = env.int("API_MAX_BODY_BYTES", default=1024 * 1024)
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=512 * 1024 * 1024)
# How long a file stays that was replaced or purged: longer than a backup of database and files takes together.
ATTACHMENTS_GRACE_HOURS = env.int("ATTACHMENTS_GRACE_HOURS", default=48)
# How downloads leave, where not through this process; sessions/checks.py says what fits which storage.
ATTACHMENTS_X_ACCEL_PREFIX = env.str("ATTACHMENTS_X_ACCEL_PREFIX", default="")
ATTACHMENTS_SIGNED_URL_SECONDS = env.int("ATTACHMENTS_SIGNED_URL_SECONDS", default=0)
STORAGES = {
    "default": attachment_storage(env.str("ATTACHMENTS_STORAGE_URL", default="")),
    "staticfiles": {"BACKEND": "sessionhistory.static.StaticFiles"},
}

# Every script, style, font and picture comes from this server; nothing is inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": []}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

HTTPS = env.bool("HTTPS", default=DEPLOYED)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "session_history"
SESSION_ENGINE = "sessions.accounts.browsers"

# For each token; 0 is without limit.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=1000)

# What Prometheus says to read /metrics; without it there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Of a process: downloads and uploads of more than a mebibyte, which hold a thread each. 0 is without limit.
LONG_TRANSFERS = env.int("LONG_TRANSFERS", default=6)
LONG_TRANSFERS_PER_PERSON = env.int("LONG_TRANSFERS_PER_PERSON", default=4)
# How long a client may keep a thread waiting for each 256 KiB.
CLIENT_TIMEOUT_SECONDS = env.int("CLIENT_TIMEOUT_SECONDS", default=30)

# Django's own lines of errors say again what `sessions.http.errors` logs, and of what clients do wrong they are many.
UNLOGGED = {"level": "WARNING" if DEBUG else "CRITICAL"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "sessions.http.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"level": "WARNING"}, "django.request": UNLOGGED, "django.security": UNLOGGED},
}

DJANGO_TABLES2_TEMPLATE = "sessions/table.html"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Unique among those who can sign in; people known only from sessions may occur in two organisations.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
