"""Django's settings. What an operator may change is read, and checked, in config.environment."""

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.environment import ROOT, read

ENVIRONMENT = read()

BASE_DIR = ROOT
DATA_DIR = ENVIRONMENT.data_dir
DEBUG = ENVIRONMENT.debug
DEMO = ENVIRONMENT.demo
SECRET_KEY = ENVIRONMENT.secret_key
SITE_URL = ENVIRONMENT.site_url
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts

INSTALLED_APPS = [
    "config",
    "exports",
    "collection",
    "annotators",
    "sampling",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.static_files.StaticFiles",
    "config.compression.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "config.caching.personal_pages_are_kept_nowhere",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "studies"
LOGOUT_REDIRECT_URL = "sign_in"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.reading.reading",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
        },
    },
]

DATABASES = {"default": ENVIRONMENT.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# ---- languages ------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("fr", _("French")),
    ("it", _("Italian")),
    ("hi", _("Hindi")),
    ("pt", _("Portuguese")),
    ("ar", _("Arabic")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ---- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
# Where collectstatic puts them.
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Not those of the apps: of other people's apps no page is shown.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
RELEASES_DIR = DATA_DIR / "releases"
RELEASES_BUCKET = ENVIRONMENT.releases_bucket
# A study file or a prompt table in the browser; larger ones are loaded by command.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# ---- safety ---------------------------------------------------------------------------------------------------------
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
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# ---- programs -------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsing.Json"],
    "EXCEPTION_HANDLER": "collection.api.refusal",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {"TITLE": "Counterpoint", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# ---- jobs -----------------------------------------------------------------------------------------------------------
# The database owns every job (claims, leases, a sweeper); Redis only carries messages and may be lost.
CELERY_BROKER_URL = ENVIRONMENT.redis_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "queue_order_strategy": "priority",
    "priority_steps": [0, 9],
    # People wait while a job is sent. A Redis that drops packets or hangs is given up as soon as one that refuses: the
    # sweepers send the job later.
    "socket_connect_timeout": 0.5,
    "socket_timeout": 0.5,
}
# Once more, for a connection that broke since it was last used.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {"sampling.jobs.fill_candidate_set": {"queue": "gpu"}}
CELERY_BEAT_SCHEDULE = {
    "sweep-candidate-sets": {
        "task": "sampling.jobs.sweep",
        "schedule": ENVIRONMENT.sweep_seconds,
        "options": {"expires": ENVIRONMENT.sweep_seconds},
    },
    "expire-tasks": {"task": "collection.jobs.expire_tasks", "schedule": 60, "options": {"expires": 60}},
    "free-places-of-quotas": {
        "task": "collection.jobs.free_places_of_quotas",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "write-down-pay": {"task": "collection.jobs.write_down_pay", "schedule": 900, "options": {"expires": 900}},
    "look-at-speed": {"task": "collection.jobs.look_at_speed", "schedule": 3600, "options": {"expires": 3600}},
    "offer-ready-items": {
        "task": "collection.jobs.offer_ready_items",
        "schedule": ENVIRONMENT.sweep_seconds,
        "options": {"expires": ENVIRONMENT.sweep_seconds},
    },
    "sweep-dry-runs": {
        "task": "collection.jobs.sweep_dry_runs",
        "schedule": ENVIRONMENT.sweep_seconds,
        "options": {"expires": ENVIRONMENT.sweep_seconds},
    },
    "sweep-releases": {
        "task": "exports.jobs.sweep",
        "schedule": ENVIRONMENT.sweep_seconds,
        "options": {"expires": ENVIRONMENT.sweep_seconds},
    },
}

# ---- candidates -----------------------------------------------------------------------------------------------------
CANDIDATE_LEASE_SECONDS = ENVIRONMENT.candidate_lease_seconds
GENERATOR_THREADS = ENVIRONMENT.generator_threads
GENERATOR_DEVICE = ENVIRONMENT.generator_device
ENDPOINTS = ENVIRONMENT.endpoints
MODEL_QUEUES = ENVIRONMENT.model_queues
AHEAD_AT_ONCE = ENVIRONMENT.ahead_at_once

# ---- people ---------------------------------------------------------------------------------------------------------
KEY_HOSTS = ENVIRONMENT.key_hosts

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
