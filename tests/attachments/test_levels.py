import pytest

from sessions.viewers.levels import Level, level_of


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-20T20:27:16.064Z EXCEPTION cart is undefined", Level.ERROR),
        ("2026-11-20T20:27:43.135Z ERROR Failed to load resource: status of 404 (Not Found)", Level.ERROR),
        ("2026-11-20T20:27:43.135Z 404 GET http://127.0.0.1:8901/a.css", Level.WARN),
        ("2026-11-20T20:27:43.135Z 503 POST http://127.0.0.1:8901/a", Level.ERROR),
        ("2026-11-20T20:27:43.135Z 200 GET http://127.0.0.1:8901/404", Level.NONE),
        ('10.0.0.1 - - "GET /x HTTP/1.1" 500 12', Level.ERROR),
        ("11-20 20:27:15.933  1234  1260 E AndroidRuntime: FATAL EXCEPTION: main", Level.ERROR),
        ("11-20 20:27:15.933  1234  1260 W art: ERROR is only a word here", Level.WARN),
        ("D/OkHttp( 1234): --> GET /", Level.DEBUG),
        ("[warn] deprecated", Level.WARN),
        ("time=12:00 level=info msg=started", Level.INFO),
        ('{"level":"error","msg":"x"}', Level.ERROR),
        ("<Notice>: ready", Level.INFO),
        ("INFO no ERROR so far", Level.INFO),
        ("no error found", Level.NONE),
        ("TERRORS", Level.NONE),
        ("", Level.NONE),
    ],
)
def test_the_level_is_what_the_line_says(line: str, level: Level) -> None:
    assert level_of(line) is level
