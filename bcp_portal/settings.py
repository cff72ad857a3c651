"""Every setting, in Django's own order. What differs between places comes from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from bcp_portal.env import (
    env_bool,
    env_duration,
    env_int,
    env_list,
    env_secret,
    env_str,
)
from bcp_portal.logs import logging_config

# Django's generic classes are written with their types; at run time they must accept them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("SIAGA_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# -- core
DEBUG = env_bool("SIAGA_DEBUG")
SECRET_KEY = env_secret("SIAGA_SECRET_KEY", file=DATA_DIR / "secret.key")
AUDIT_KEY_FILE = Path(env_str("SIAGA_AUDIT_KEY", str(DATA_DIR / "audit.key")))
BASE_URL = env_str("SIAGA_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env_list("SIAGA_ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"))
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
ROOT_URLCONF = "bcp_portal.urls"
ASGI_APPLICATION = "bcp_portal.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "bcp_portal.apps.PortalConfig",
    "bcp_portal.shared.apps.SharedConfig",
    "bcp_portal.audit.apps.AuditConfig",
    "bcp_portal.engine.apps.EngineConfig",
    "bcp_portal.accounts.apps.AccountsConfig",
    "bcp_portal.live.apps.LiveConfig",
    "bcp_portal.reports.apps.ReportsConfig",
    "assets.apps.AssetsConfig",
    "telemetry.apps.TelemetryConfig",
    "incidents.apps.IncidentsConfig",
    "risks.apps.RisksConfig",
    "bcp_portal.dashboard.apps.DashboardConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bcp_portal.accounts.middleware.ReaderMiddleware",
    "bcp_portal.accounts.middleware.UnkeptMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "bcp_portal.accounts.middleware.DeskLockMiddleware",
    "bcp_portal.accounts.middleware.SecondFactorMiddleware",
    "bcp_portal.accounts.middleware.PolicyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "bcp_portal.frame.frame",
            ],
            "builtins": ["bcp_portal.shared.templatetags.siaga"],
        },
    }
]


# -- stores
# Pages fetch a hundred rows by their keys with what they point to. The store's own figures are made
# for disks that turn, so it reads whole tables for that, and it weighs every order of eight joins.
_PLANNER = "-c random_page_cost=1.1 -c join_collapse_limit=4"


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # After a restart of the database the first request finds out, not the person.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": _PLANNER}
        | dict(parse_qsl(parts.query))
        | {"pool": {"min_size": 1, "max_size": env_int("SIAGA_DB_POOL", 16), "timeout": 10}},
    }


def _sqlite() -> dict[str, Any]:
    pragmas = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=15000; "
        "PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;"
    )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "siaga.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 15},
    }


DATABASE_URL = env_str("DATABASE_URL")
REDIS_URL = env_str("REDIS_URL")
DATABASES = {"default": _postgres(DATABASE_URL) if DATABASE_URL else _sqlite()}
CACHES: dict[str, Any] = {
    # Never the broker's Redis: a dead one must not stop a page or a sign-in.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
    }
}

# -- work
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = env_int("SIAGA_TASK_LIMIT_S", 300)
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"socket_timeout": 5, "socket_connect_timeout": 2}
    if REDIS_URL
    else {
        "data_folder_in": str(DATA_DIR / "broker"),
        "data_folder_out": str(DATA_DIR / "broker"),
        "control_folder": str(DATA_DIR / "broker-control"),
        "polling_interval": 0.2,
    }
)

# -- people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "bcp_portal.accounts.backends.OneQuestionBackend",
    "bcp_portal.accounts.backends.SignInBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "bcp_portal.accounts.adapter.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are made by an administrator, not by themselves
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "5/5m/key,20/5m/ip",
    "status_subscribe": "5/h/ip",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
# Names of roles; the start is refused in AccountsConfig if one of them does not exist.
SECOND_FACTOR_ROLES = env_list("SIAGA_SECOND_FACTOR_ROLES")
# Checked in AccountsConfig. Without an issuer there is no single sign-on.
OIDC_ISSUER = env_str("SIAGA_OIDC_ISSUER")
OIDC_CLIENT_ID = env_str("SIAGA_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env_secret("SIAGA_OIDC_CLIENT_SECRET") if OIDC_ISSUER else ""
OIDC_NAME = env_str("SIAGA_OIDC_NAME")
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = BASE_URL.startswith(("http://127.0.0.1", "http://localhost"))
MFA_TOTP_ISSUER = "Siaga"
# Nothing: pages stay open as long as the sign-in lasts.
LOCK_AFTER = env_duration("SIAGA_LOCK_AFTER", timedelta(0))
USERSESSIONS_TRACK_ACTIVITY = False
SESSION_COOKIE_AGE = int(env_duration("SIAGA_SESSION_AGE", timedelta(hours=12)).total_seconds())

# -- safety
HTTPS = env_bool("SIAGA_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz", r"^readyz"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- languages, time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("id", _("Indonesian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
STATUS_ZONE = env_str("SIAGA_STATUS_ZONE", "Asia/Jakarta")
USE_TZ = True

# -- files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "bcp_portal.shared.bundles.BundlingStorage"
    },
}

# -- mail
EMAIL_URL = env_str("SIAGA_EMAIL_URL")
_mail = urlsplit(EMAIL_URL)
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_URL
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = _mail.hostname or "localhost"
EMAIL_PORT = _mail.port or 25
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("SIAGA_EMAIL_FROM", "Siaga <siaga@localhost>")
# A file in a mailbox is outside every right of the portal: links alone unless somebody says so.
REPORT_FILES_BY_MAIL = env_bool("SIAGA_REPORT_FILES_BY_MAIL")
ORGANISATION = env_str("SIAGA_ORGANISATION", "Siaga")
# With a key of the organisation, each report carries its digital signature.
REPORT_KEY = env_str("SIAGA_REPORT_KEY")
REPORT_KEY_PASSWORD_FILE = env_str("SIAGA_REPORT_KEY_PASSWORD_FILE")

# -- the API
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bcp_portal.accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["bcp_portal.shared.permissions.ActionPermission"],
    "DEFAULT_PAGINATION_CLASS": "bcp_portal.shared.api.PortalPagination",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.OrderingFilter",
        "rest_framework.filters.SearchFilter",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "bcp_portal.shared.api.answer_refusal",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Siaga",
    "DESCRIPTION": "Incident response and business continuity in one portal.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "ActionItemKind": "incidents.models.action_item.ActionItemKind",
        "ActionItemStatus": "incidents.models.action_item.ActionItemStatus",
        "AlertStatus": "incidents.models.alert.AlertStatus",
        "AssessmentKind": "risks.models.assessment.AssessmentKind",
        "AssetKind": "assets.models.asset.AssetKind",
        "CauseKind": "incidents.models.cause.CauseKind",
        "ConflictState": "telemetry.models.conflict_case.ConflictState",
        "ControlKind": "risks.models.control.ControlKind",
        "DecisionState": "telemetry.models.conflict_decision.DecisionState",
        "DependencyKind": "assets.models.dependency.DependencyKind",
        "Effectiveness": "risks.models.control.Effectiveness",
        "EffectivenessTested": "risks.forms.control.RESULTS",
        "ExerciseKind": "incidents.models.exercise.ExerciseKind",
        "ExerciseStatus": "incidents.models.exercise.ExerciseStatus",
        "IncidentKind": "incidents.models.incident.IncidentKind",
        "IncidentRole": "incidents.models.incident.RoleName",
        "IncidentStatus": "incidents.models.incident.IncidentStatus",
        "IndicatorStatus": "risks.models.indicator.IndicatorStatus",
        "LossKind": "telemetry.models.device_loss.LossKind",
        "NoticeKind": "incidents.models.notice.NoticeKind",
        "OrderStatus": "telemetry.models.order.OrderStatus",
        "PhaseKind": "incidents.models.playbook.PhaseKind",
        "PlaceState": "telemetry.models.conflict_case.PlaceState",
        "PlanKind": "risks.models.plan.PlanKind",
        "ProposalStatus": "assets.models.proposal.ProposalStatus",
        "ReportState": "bcp_portal.reports.models.ReportState",
        "ReviewStatus": "incidents.models.review.ReviewStatus",
        "RiskStatus": "risks.models.risk.RiskStatus",
        "RunStatus": "incidents.models.run.RunStatus",
        "SigningRole": "assets.models.signature.SigningRole",
        "SilenceKind": "incidents.models.silence.SilenceKind",
        "SilenceStatus": "incidents.models.silence.SilenceStatus",
        "SiteKind": "assets.models.site.SiteKind",
        "StepStatus": "incidents.models.run.StepStatus",
        "TimelineKind": "incidents.models.timeline.TimelineKind",
        "TreatmentKind": "risks.models.treatment.TreatmentKind",
        "TreatmentStatus": "risks.models.treatment.TreatmentStatus",
        "VersionStatus": "incidents.models.playbook.VersionStatus",
    },
}

# -- the watch
WITNESSES = env_list("SIAGA_WITNESSES")
CENTRAL_PROBE = env_str("SIAGA_CENTRAL_PROBE")
WEBHOOK_ALLOW = env_list("SIAGA_WEBHOOK_ALLOW")
ENGINE_STALE_AFTER = env_duration("SIAGA_ENGINE_STALE_AFTER", timedelta(seconds=30))
DEVICE_RATE = env_int("SIAGA_DEVICE_RATE", 6000)
KEEP_RAW = env_duration("SIAGA_KEEP_RAW", timedelta(days=90))
KEEP_FIVE_MINUTES = env_duration("SIAGA_KEEP_FIVE_MINUTES", timedelta(days=400))
KEEP_HOURLY = env_duration("SIAGA_KEEP_HOURLY", timedelta(days=3650))
WATCHDOG_MAIL = env_list("SIAGA_WATCHDOG_MAIL")

# -- logs
LOGGING = logging_config(env_str("SIAGA_LOG_LEVEL", "INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"
