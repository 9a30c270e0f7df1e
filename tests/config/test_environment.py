"""Settings come from the environment; what cannot be used stops every program with one sentence."""

import re
from dataclasses import fields

import pytest

from config import embedded
from config.environment import BadSetting, Environment, read, table
from tests.config.programs import OF_THE_TESTS, ROOT, refusal, run, run_code

SECRET = "a-secret-of-at-least-32-characters"


@pytest.fixture
def only(monkeypatch):
    """Return a function that reads an environment with nothing in it but what it is given."""

    def read_only(**settings):
        for name in OF_THE_TESTS:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"SECRET_KEY": SECRET, **settings}.items():
            monkeypatch.setenv(name, value)
        return read()

    return read_only


def test_the_readme_lists_every_setting_with_its_default_and_what_it_does():
    assert table() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_used():
    used = (ROOT / "config" / "settings.py").read_text() + (ROOT / "config" / "web.py").read_text()
    used += (ROOT / "config" / "asgi.py").read_text() + (ROOT / "config" / "pages.py").read_text()
    used += (ROOT / "config" / "environment.py").read_text().split("def database(self)")[1]
    unused = [item.name for item in fields(Environment) if not re.search(rf"\.{item.name}\b", used, re.IGNORECASE)]
    assert unused == []


def test_the_defaults_are_those_of_the_table(only):
    environment = only()
    for item in fields(Environment):
        value = getattr(environment, item.name)
        if default := item.metadata["default"]:
            said = ",".join(value) if isinstance(value, list) else str(value)
            assert default in {said, said.lower(), said.removeprefix(f"{ROOT}/")}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY must be set to at least 32 random characters."),
        ("SECRET_KEY", "short", "SECRET_KEY must be set to at least 32 random characters."),
        ("DEBUG", "perhaps", "DEBUG must be true or false, not 'perhaps'."),
        ("DEMO", "2", "DEMO must be true or false, not '2'."),
        ("PORT", "http", "PORT must be a whole number of at least 1, not 'http'."),
        ("PORT", "0", "PORT must be a whole number of at least 1, not '0'."),
        ("PORT", "70000", "PORT must be at most 65535, not 70000."),
        ("SWEEP_SECONDS", "-5", "SWEEP_SECONDS must be a whole number of at least 1, not '-5'."),
        ("SWEEP_SECONDS", "٥", "SWEEP_SECONDS must be a whole number of at least 1, not '٥'."),
        ("MODEL_QUEUES", "large", "MODEL_QUEUES must look like model=queue,model=queue, with queues other than"),
        ("MODEL_QUEUES", "a/b=default", "MODEL_QUEUES must look like model=queue,model=queue, with queues other than"),
        ("SITE_URL", "study.example.org", "SITE_URL must be an address without a path, such as"),
        ("SITE_URL", "https://example.org/study", "SITE_URL must be an address without a path, such as"),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL must begin with postgresql://."),
        (
            "DATABASE_URL",
            "postgresql://u:secret@[h/x",
            "DATABASE_URL must look like postgresql://user:password@host/name.",
        ),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must begin with redis://, rediss:// or redis+socket://."),
    ],
)
def test_a_bad_value_is_told_in_one_sentence(only, name, value, sentence):
    with pytest.raises(BadSetting) as stopped:
        only(**{name: value})
    assert str(stopped.value).startswith(f"Counterpoint cannot start: {sentence}")
    assert "\n" not in str(stopped.value)
    # The password of a database is nobody's to read in a log.
    assert "secret@" not in str(stopped.value)


@pytest.mark.parametrize(
    "program",
    [
        ["config.web"],
        ["uvicorn", "config.asgi:application"],
        ["celery", "-A", "config", "worker"],
        ["celery", "-A", "config", "beat"],
        ["django", "check"],
        ["config.demo"],
    ],
    ids=" ".join,
)
def test_every_program_stops_with_the_sentence(program, tmp_path):
    settings = {"SECRET_KEY": SECRET, "SWEEP_SECONDS": "soon", "DATA_DIR": str(tmp_path)}
    stopped = run(*program, **settings, DJANGO_SETTINGS_MODULE="config.settings")
    assert refusal(stopped) == (
        "Counterpoint cannot start: SWEEP_SECONDS must be a whole number of at least 1, not 'soon'."
    )


def test_without_a_secret_a_server_does_not_start(tmp_path):
    assert "SECRET_KEY must be set" in refusal(run("config.web", DATA_DIR=str(tmp_path)))


def test_the_demos_secret_is_not_taken_for_another_database(only, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    assert only(SECRET_KEY="", DATA_DIR=str(tmp_path)).secret_key == SECRET
    with pytest.raises(BadSetting, match="SECRET_KEY must be set"):
        only(SECRET_KEY="", DATA_DIR=str(tmp_path), DATABASE_URL="postgresql://db.example.org/counterpoint")


def test_without_servers_named_the_embedded_ones_are_used(only, tmp_path):
    environment = only(DATA_DIR=str(tmp_path))
    assert environment.database()["HOST"] == str(tmp_path / "postgres")
    assert environment.redis_url == embedded.redis_url(tmp_path)


def test_named_servers_are_used(only):
    environment = only(
        DATABASE_URL="postgresql://me:p%40ss@db.example.org:5433/answers?sslmode=require",
        REDIS_URL="rediss://redis.example.org:6380/2",
    )
    database = environment.database()
    assert [database[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        *("me", "p@ss", "db.example.org", "5433", "answers")
    ]
    assert database["OPTIONS"]["sslmode"] == "require"
    assert environment.redis_url == "rediss://redis.example.org:6380/2"


def test_the_host_of_the_site_is_answered_unless_others_are_named(only):
    assert only(SITE_URL="https://study.example.org").allowed_hosts == ["study.example.org"]
    assert only(ALLOWED_HOSTS="a.example.org,b.example.org").allowed_hosts == ["a.example.org", "b.example.org"]


@pytest.mark.parametrize(("site", "secure"), [("https://study.example.org", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_for_tls_only_where_the_site_is(site, secure, tmp_path):
    asked = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    shell = ["django", "shell", "--no-imports", "-c", asked]
    said = run(*shell, SECRET_KEY=SECRET, SITE_URL=site, DJANGO_SETTINGS_MODULE="config.settings")
    assert said.stdout.split() == [str(secure), str(secure)], said.stderr


def test_a_database_that_does_not_answer_is_told_in_one_sentence(tmp_path):
    settings = {"SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://127.0.0.1:1/counterpoint"}
    sentence = refusal(run_code("import manage; manage.main()", "showmigrations", **settings))
    assert sentence.startswith("The database does not answer; start `make demo`, or set DATABASE_URL")


def test_models_are_given_queues(only):
    assert only().model_queues == {}
    assert only(MODEL_QUEUES="org/chat=small, /srv/a=b/large=big-1").model_queues == {
        "org/chat": "small",
        "/srv/a=b/large": "big-1",
    }
