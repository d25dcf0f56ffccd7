"""The times of log lines, in the formats that programs write them in."""

import random
import time
from datetime import UTC, datetime

import pytest

from sessions.viewers.stamp_formats import FORMATS, Clock
from sessions.viewers.stamps import StampReader, format_of, stamp_of

# Each line shows the moment 2026-11-29 10:00:00.123 of some clock, or 12.345 seconds from a start.
ABSOLUTE = """
2026-11-29T10:00:00.123Z INFO a
2026-11-29T10:00:00.123+00:00 INFO a
2026-11-29T11:00:00,123+0100 INFO a
2026-11-29 05:00:00.123 -0500 INFO a
2026-11-29 11:00:00.123 +0100  1234  5678 E HatShop: logcat -v threadtime,year,zone
2026-11-29 11:00:00.123+01 a: PostgreSQL
2026-11-29 10:00:00.123 UTC [123] ERROR:  PostgreSQL
2026-11-29 11:00:00.123 CET [123] ERROR:  PostgreSQL
2026-11-29T10:00:00.123000000Z 2026-11-29 12:00:00 ERROR a: docker logs --timestamps
2026-11-29T10:00:00.123000000Z stderr F ERROR a: a container's file
web_1  | 2026-11-29T10:00:00.123Z ERROR a
[pod/shop-1/web] 2026-11-29T10:00:00.123Z ERROR a
20261129T100000.123Z a
<12>1 2026-11-29T10:00:00.123Z host hat - - - RFC 5424
[2026-11-29T10:00:00.123Z ERROR hat::shop] a
2026-11-29 11:00:00.123+0100 0x1a2b     Error       0x0   58   0    hat: log show
1795946400.123  1234  5678 E HatShop: logcat -v epoch
1795946400.123 a
1795946400123\tgeckodriver\tINFO\tListening
1795946400123000 a
1795946400123000000 a
[1795946400.123][SEVERE]: chromedriver
[ERROR] [1795946400.123000000] [node]: ROS
{"level":50,"time":1795946400123,"msg":"pino"}
{"ts":1795946400.123,"level":"info","msg":"zap"}
{"level":"info","ts":"2026-11-29T10:00:00.123Z","msg":"zap"}
{"@timestamp":"2026-11-29T10:00:00.123Z","log.level":"ERROR"}
{"@t":"2026-11-29T10:00:00.123Z","@m":"Serilog"}
{"t":{"$date":"2026-11-29T10:00:00.123+00:00"},"s":"E","msg":"MongoDB"}
{"log":"2026-11-29 12:00:00 ERROR till\\n","stream":"stderr","time":"2026-11-29T10:00:00.123Z"}
time=2026-11-29T10:00:00.123Z level=INFO msg="logfmt"
time="2026-11-29T10:00:00.123Z" level=fatal msg="logrus"
ts=2026-11-29T10:00:00.123Z caller=hat.go:12 level=error
level=debug ts=2026-11-29T10:00:00.123Z msg=a
"""
LOCAL = """
2026-11-29T10:00:00.123 a
2026-11-29 10:00:00.123 a
2026-11-29 10:00:00,123 - hat.shop - ERROR - Python
2026-11-29 10:00:00.123  INFO 1234 --- [main] com.example.Hat : Spring
2026-11-29 10:00:00.123 | ERROR    | hat:sell:1 - loguru
2026/11/29 10:00:00.123 Go
2026.11.29 10:00:00.123 a
[2026.11.29-10.00.00:123][  0]LogTemp: Error: Unreal
2026-11-29 10:00:00:123 [warn] [Appium] a
ERROR 2026-11-29 10:00:00,123 hat 12 34 Django
INFO  [2026-11-29 10:00:00,123] org.Hat: Dropwizard
[2026-11-29T10:00:00,123][ERROR][o.e.b.Hat] Elasticsearch
[2026-11-29 10:00:00,123: ERROR/MainProcess] Celery
[E 2026-11-29 10:00:00.123 ServerApp] Jupyter
E, [2026-11-29T10:00:00.123000 #123] ERROR -- : Ruby
29-Nov-2026 10:00:00.123 WARNING [main] Tomcat
123:M 29 Nov 2026 10:00:00.123 # Redis
[Sun Nov 29 10:00:00.123000 2026] [core:error] [pid 123] Apache
Nov 29, 2026 10:00:00.123 AM com.example.Hat sell
Nov 29 2026 10:00:00.123: %ASA-6: Cisco
29.11.2026 10:00:00.123 a
29/11/2026 10:00:00.123 a
11/29/2026 10:00:00.123 AM a
11/29/2026, 10:00:00.123 AM a
D20261129 10:00:00.123000 1234 hat.cc:12] glog with a year
[2026-11-29][10:00:00.123][hat][ERROR] fern
[2026-11-29 10:00:00.123] [error] electron-log
[2026-11-29 10:00:00.123][1][error][main] [source/x.cc:12] Envoy
"""
YEARLESS = """
11-29 10:00:00.123  1234  5678 E HatShop: logcat -v threadtime
11-29 10:00:00.123 E/HatShop( 1234): logcat -v time
[ 11-29 10:00:00.123  1234: 5678 E/HatShop ]
Nov 29 10:00:00.123 host hat[123]: syslog
<11>Nov 29 10:00:00.123 host hat: RFC 3164
E1129 10:00:00.123000  1234 hat.cc:12] glog
[1129/100000.123:ERROR:hat.cc(1)] Chromium
[1234:5678:1129/100000.123000:FATAL:hat.cc(1)] Chromium
"""
DAYTIME = """
10:00:00.123 [main] ERROR c.e.Hat -- Logback
10:00:00,123 INFO a
[10:00:00.123] a
[10:00:00.123 FTL] Serilog
error\t10:00:00.123 a
"""
RELATIVE = """
[   12.345000] dmesg
<3>[   12.345000] hat: dmesg --raw
+12.345 s a
+12.345s a
[+12.345s] a
T+12.345 a
+0:12.345 a
+00:00:12.345 a
12.345s a
12345ms a
[12.345s] [info] [gc] Java
        12.345  1234  5678 E HatShop: logcat -v monotonic
0:00:12.345000000  1234 0x55d0 WARN  GStreamer
[00:00:12.345,000] <err> hat: Zephyr
E (12345) HAT: ESP-IDF
12345 [main] ERROR com.example.Hat  - log4j
"""
WHOLE_SECONDS = """
absolute 10.0.0.1 - - [29/Nov/2026:11:00:00 +0100] "GET /x HTTP/1.1" 500 12 "-" "curl"
absolute host:443 10.0.0.1 - alice [29/Nov/2026:11:00:00 +0100] "GET /x HTTP/1.1" 200 12
absolute Sun, 29 Nov 2026 10:00:00 GMT a
absolute Sun Nov 29 10:00:00 UTC 2026 a
local    2026/11/29 10:00:00 [error] 123#123: *1 nginx
local    [GIN] 2026/11/29 - 10:00:00 | 500 |    1.2ms | ::1 | GET "/x"
local    2026-11-29 10:00 a
local    Sun Nov 29 10:00:00 2026 a
yearless Nov 29 10:00:00 host hat[123]: syslog
yearless Nov 29 10:00:00 iPhone hat[58] <Fault>: iOS
daytime  10:00:00 AM a
daytime  [Error - 10:00:00 AM] a
daytime  10:00AM ERR zerolog
"""
NO_STAMP = """
    at com.acme.shop.cart.CartStore.total(CartStore.kt:10)
10.0.0.1 - - "GET /x HTTP/1.1" 500 12
03/04/2026 10:00:00 of March or of April
2026-13-29 10:00:00 a
2026-11-31 10:00:00 a
2026-11-29 24:60:00 a
0026-11-29 10:00:00 a
2026-11-29 a date alone
version 10.1.2
1234567890123456789012 a
{"msg":"2026-11-29T10:00:00Z"}
{"time":null}
Started the till at 10:00:00
E( 1234) logcat -v process  (HatShop)
12 hats
"""


def rows(table: str) -> list[str]:
    return table.strip("\n").splitlines()


def moment_of(clock: Clock) -> float:
    if clock is Clock.RELATIVE:
        return 12.345
    if clock is Clock.DAYTIME:
        return 10 * 3600 + 0.123
    return datetime(2001 if clock is Clock.YEARLESS else 2026, 11, 29, 10, 0, 0, 123_000, UTC).timestamp()


@pytest.mark.parametrize(
    ("clock", "line"),
    [
        (clock, line)
        for clock, table in zip(Clock, (ABSOLUTE, LOCAL, YEARLESS, DAYTIME, RELATIVE), strict=True)
        for line in rows(table)
    ],
)
def test_a_stamp_is_what_the_line_shows(clock: Clock, line: str) -> None:
    stamp = stamp_of(line)
    assert stamp is not None
    assert stamp.clock is clock
    assert stamp.seconds == pytest.approx(moment_of(clock), abs=1e-6)


@pytest.mark.parametrize("row", rows(WHOLE_SECONDS))
def test_a_stamp_may_have_no_fraction(row: str) -> None:
    stamp = stamp_of(row[9:])
    assert stamp is not None
    assert stamp.clock == row[:9].strip()
    assert stamp.seconds == pytest.approx(moment_of(stamp.clock) - 0.123, abs=1e-6)


@pytest.mark.parametrize("line", ["", *rows(NO_STAMP)])
def test_what_is_no_time_or_may_be_two_is_none(line: str) -> None:
    assert stamp_of(line) is None


@pytest.mark.parametrize("digits", range(2, 10))
def test_fractions_have_two_to_nine_digits(digits: int) -> None:
    stamp = stamp_of(f"2026-11-29T10:00:00.{'123456789'[:digits]}Z a")
    assert stamp is not None
    assert stamp.seconds % 1 == pytest.approx(float(f"0.{'123456789'[:digits]}"), abs=1e-6)


def read_all(*lines: str) -> list[float | None]:
    form = format_of(lines)
    assert form is not None
    reader = StampReader(form)
    return [reader.read(line) for line in lines]


def test_a_file_is_read_by_the_clock_of_most_of_its_lines() -> None:
    lines = ["11-29 10:00:00.123  1  2 I Hat: a"] * 3 + ["12.5s until the till closes", "2026-11-29T10:00:00Z started"]
    assert [stamp is not None for stamp in read_all(*lines)] == [True, True, True, False, False]


def test_formats_of_one_clock_may_be_mixed() -> None:
    assert read_all("2026-11-29T10:00:00Z a", "1795946401.000 b", '{"ts":1795946402.0}') == [
        1795946400.0,
        1795946401.0,
        1795946402.0,
    ]


def test_few_numbers_and_hours_in_a_text_are_no_stamps() -> None:
    assert format_of(["12.5s of waiting", *["a sentence"] * 9]) is None
    assert format_of(["10:00:00 in the morning", *["a sentence"] * 9]) is None
    assert format_of(["a", ""]) is None
    assert format_of([]) is None


def test_a_clock_without_a_date_goes_on_past_midnight() -> None:
    assert read_all("23:59:59 a", "00:00:01 b", "23:59:59.5 c", "11:00:00 d") == [86399, 86401, 86399.5, 126000]


def test_a_clock_without_a_year_goes_on_past_new_year() -> None:
    before, after = read_all("12-31 23:59:59.000 a", "01-01 00:00:01.000 b")
    assert before is not None
    assert after == before + 2


def test_a_reader_that_begins_in_the_middle_knows_the_stamp_before() -> None:
    form = format_of(["23:59:59 a"])
    assert form is not None
    assert StampReader(form, last=2 * 86_400.0).read("00:00:01 b") == 2 * 86_400 + 1


def test_29_february_needs_no_year() -> None:
    stamp = stamp_of("Feb 29 10:00:00 host hat: a")
    assert stamp is not None
    assert stamp.clock is Clock.YEARLESS


def test_every_format_is_in_the_tables() -> None:
    lines = [line for table in (ABSOLUTE, LOCAL, YEARLESS, DAYTIME, RELATIVE) for line in rows(table)]
    lines += [row[9:] for row in rows(WHOLE_SECONDS)]
    seen = {name for line in lines if (form := format_of([line])) for _, name in form.ways}
    assert seen == set(FORMATS)


def test_no_line_takes_long_to_be_told() -> None:
    parts = [
        *"[](<>-|:,.={+T",
        " ",
        '"',
        "10:00:00",
        "2026-11-29",
        "Nov",
        "1",
        "12.345",
        "time=",
        '{"ts":',
        "ERROR",
        "\\",
    ]
    chance = random.Random(1)
    lines = ["".join(chance.choices(parts, k=300)) for _ in range(300)] + [part * 5_000 for part in parts]
    started = time.process_time()
    for line in lines:
        stamp_of(line)
    assert time.process_time() - started < len(lines) * 0.005
