"""What the environment makes of the settings, each time in a process of its own."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# check never connects, so no server needs to listen there.
PRODUCTION = {
    "DATABASE_URL": "postgres://history:password@127.0.0.1:1/history",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "history.example.com",
}
OURS = {
    *("DATABASE_URL", "DATA_DIR", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "HTTPS", "HSTS_SECONDS", "BEHIND_PROXY"),
    *("ATTACHMENTS_STORAGE_URL", "ATTACHMENTS_X_ACCEL_PREFIX", "ATTACHMENTS_SIGNED_URL_SECONDS"),
    "DJANGO_ALLOW_ASYNC_UNSAFE",  # what the tests in a browser set
}


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="settings-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)  # which ends the server in it


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    env = kept | {"DJANGO_SETTINGS_MODULE": "sessionhistory.settings"} | environment
    return subprocess.run([sys.executable, *command], env=env, cwd=ROOT, capture_output=True, text=True, check=False)


def printed(expression: str, **environment: str) -> str:
    script = f"import sys; from django.conf import settings; print({expression})"
    done = run("-c", script, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_djangos_deployment_check_finds_nothing_in_production_settings() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("environment", [PRODUCTION, {}], ids=["production", "laptop"])
def test_debug_is_off_unless_it_is_asked_for(data_dir: Path, environment: dict[str, str]) -> None:
    environment = environment | {"DATA_DIR": str(data_dir)}
    assert printed("settings.DEBUG", **environment) == "False"
    assert printed("settings.DEBUG", **environment, DEBUG="true") == "True"


def test_a_deployment_without_a_secret_key_is_refused() -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    done = run("manage.py", "check", **environment)
    assert done.returncode != 0
    assert "ImproperlyConfigured: Set SECRET_KEY" in done.stderr


def test_a_deployment_is_served_over_https_to_the_hosts_it_names() -> None:
    names = "settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS"
    assert printed(names, **PRODUCTION) == "True True ['history.example.com']"


def test_with_a_database_url_the_embedded_postgresql_is_not_even_imported(data_dir: Path) -> None:
    loaded = "settings.DATABASES['default']['HOST'], [m for m in sys.modules if 'embedded' in m or 'pgserver' in m]"
    assert printed(loaded, **PRODUCTION, DATA_DIR=str(data_dir)) == "127.0.0.1 []"
    assert not list(data_dir.iterdir())


def test_a_laptops_secret_key_is_kept_from_one_run_to_the_next(data_dir: Path) -> None:
    first = printed("settings.SECRET_KEY", DATA_DIR=str(data_dir))
    assert len(first) >= 50
    assert printed("settings.SECRET_KEY", DATA_DIR=str(data_dir)) == first


def test_a_connection_is_tried_before_it_is_lent_out_and_an_outage_is_not_waited_for() -> None:
    options = "settings.DATABASES['default']"
    assert printed(f"{options}['ENGINE']", **PRODUCTION) == "sessions.postgresql"
    assert printed(f"{options}['OPTIONS']['pool']['reconnect_timeout']", **PRODUCTION) == "5"


def test_statements_are_not_compiled_unless_the_url_says_so() -> None:
    options = "settings.DATABASES['default']['OPTIONS']['options']"
    asked = PRODUCTION["DATABASE_URL"] + "?options=-c%20jit=on%20-c%20work_mem%3D8MB"
    assert printed(options, **PRODUCTION).startswith("-c jit=off ")
    # PostgreSQL heeds the last one.
    assert printed(options, **PRODUCTION | {"DATABASE_URL": asked}).endswith(" -c jit=on -c work_mem=8MB")


@pytest.mark.parametrize(
    ("serving", "statement", "lock", "silence"),
    [("", 0, 0, "0.0"), ("import sessionhistory.wsgi; ", 7000, 1000, "7.5")],
    ids=["command", "server"],
)
def test_only_who_answers_requests_is_short_of_time(serving: str, statement: int, lock: int, silence: str) -> None:
    database = {**PRODUCTION, "DATABASE_STATEMENT_SECONDS": "7"}
    script = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['options']);"
    script += "print(float(settings.DATABASE_DEADLINES['page'].silence))"
    done = run("-c", serving + script, **database)
    options, found = done.stdout.splitlines()
    assert f"-c statement_timeout={statement} -c lock_timeout={lock} " in options
    assert found == silence


def test_nothing_is_prepared_behind_a_pooler_that_cannot() -> None:
    threshold = "settings.DATABASES['default']['OPTIONS'].get('prepare_threshold')"
    assert int(printed(threshold, **PRODUCTION)) > 0
    assert printed(threshold, **PRODUCTION, DATABASE_PREPARED_STATEMENTS="false") == "None"
