import random

import pytest

from sessions.viewers.levels import HEAD, Level, level_of
from tests.linear.cost import least

# Going back over a line once for each of its signs would take a hundred times as long.
TIMES_AS_LONG = 40

# What each format writes, and the level that stands at its place: other words of the line count for nothing.
LINES = """
error 11-29 10:00:00.123 E/HatShop( 1234): logcat -v time
error E( 1234) logcat -v process  (HatShop)
error [ 11-29 10:00:00.123  1234: 5678 E/HatShop ]
error 11-29 10:00:00.123 +0100  1234  5678 E HatShop: logcat -v threadtime,zone
error 11-29 10:00:00.123 10085  1234  5678 E HatShop: logcat -v threadtime,uid
error 1795946400.123  1234  5678 E HatShop: logcat -v threadtime,epoch
error 2026-11-29 10:00:00.123 1234-5678/com.example.hat E/HatShop: Android Studio, old
error 2026-11-29 10:00:00.123  1234-5678  HatShop  com.example.hat  E  Android Studio, new
error A/libc    ( 1234): level A
error Nov 29 10:00:00 iPhone hat[58] <Fault>: iOS syslog
error 2026-11-29 10:00:00.123456+0100 0x1a2b     Error       0x0   58   0    hat: log show
error E1129 10:00:00.123456  1234 hat.cc:12] glog
error [10:00:00 FTL] serilog
debug D/Foo: no ERROR here
debug D/OkHttp( 1234): --> GET /
error E/HatShop( 1234): brief
error E/HatShop: tag
warn  W/Hat Shop( 1234): tag with a space
info  I/flutter (12345): ERROR is a word
none  I/O error on the device
error E( 1234: 5678) thread
error 11-29 10:00:00.000  123  456 E Tag: threadtime
error 2026-11-29 10:00:00.123  1234  5678 E HatShop: year
error 11-29 10:00:00.123 u0_a85  1234  5678 E HatShop: uid by name
debug 11-29 10:00:00.123  1234  1260 V HatShop: ERROR FATAL
error          1.234  1234  5678 E HatShop: monotonic
error 11-29 10:00:00.123456  1234  5678 E HatShop: usec
none  till is empty (raw)
none  --------- beginning of main
info  2026-11-29 10:00:00.123456+0100 0x1a2b     Default     0x0   58   0    hat: ERROR show
debug 2026-11-29 10:00:00.123456+0100 0x1a2b     Debug     0x0   58   0    hat: ERROR show
error 2026-11-29 10:00:00.123456+0100 0x1a2b     Fault     0x0   58   0    hat: ERROR show
error 2026-11-29 10:00:00.123 E  hat[58:1a2b] [com.hat:shop] till
info  2026-11-29 10:00:00.123 Df hat[58:1a2b] [com.hat:shop] till
none  2026-11-29 10:00:00.123456+0100 Hat[58:12345] NSLog line
error Nov 29 10:00:00 Annas-iPhone hat(libsystem.dylib)[58] <Error>: till
info  Nov 29 10:00:00 iPhone hat[58] <Notice>: till
error error\t10:00:00.123456+0100\thatshop\ttill
info  default\t10:00:00.123456+0100\thatshop\ttill
error 2026-11-29T10:00:00+0100 error app : [Hat] swift-log
error <11>Nov 29 10:00:00 host hat: till
warn  <12>1 2026-11-29T10:00:00Z host hat - - - till
info  <14>Nov 29 10:00:00 host hat: ERROR till
debug <15>x
error <3>[   12.345678] hat: till
error Nov 29 10:00:00 host hat[123]: ERROR till
error Nov 29 10:00:00 host hat[123]: [error] till
none  Nov 29 10:00:00 host hat[123]: till is empty
error 2026-11-29T10:00:00.123456+01:00 host hat[12]: <err> till
info  I1129 10:00:00.123456    1234 hat.go:12] klog ERROR
warn  W20261129 10:00:00.123456 1234 hat.cc:12] glog year
error ERROR:root:till is empty
warn  WARNING:hat.shop:till
error 2026-11-29 10:00:00,123 - hat.shop - ERROR - till
error 2026-11-29 10:00:00,123 - HatShop - ERROR - till
error 2026-11-29 10:00:00,123 ERROR hat.shop till
error 2026-11-29 10:00:00,123 root ERROR till
info  2026-11-29 10:00:00,123 [hat.shop] [INFO] ERROR till
error hat.shop - ERROR - till
error root - ERROR - till
error 2026-11-29 10:00:00,123 ERROR [main] com.example.Hat - till
error 2026-11-29 10:00:00,123 [main] ERROR com.example.Hat - till
info  2026-11-29 10:00:00.123  INFO 1234 --- [           main] com.example.Hat : ERROR
error 10:00:00.123 [http-nio-8080-exec-1] ERROR c.e.Hat -- till
error 0    [main] ERROR com.example.Hat  - till
warn  29-Nov-2026 10:00:00.123 WARNING [main] org.apache.Hat till
error 29-Nov-2026 10:00:00.123 SEVERE [main] org.apache.Hat till
error SEVERE: till is empty
none  Nov 29, 2026 10:00:00 AM com.example.Hat sell
info  INFO: till ERROR
debug FINE: till
error 26/11/29 10:00:00 ERROR SparkContext: till
error {"level":"error","msg":"till"}
error {"level":50,"time":1795946400123,"msg":"till"}
error {"name":"hat","hostname":"h","pid":1,"level":60,"msg":"till"}
info  {"level":30,"msg":"ERROR till"}
warn  {"time":"2026-11-29T10:00:00Z","severity":"WARNING","message":"ERROR"}
debug {"msg":"x \\"level\\":\\"error\\" y","level":"debug"}
error {"@t":"2026-11-29T10:00:00Z","@m":"till","@l":"Error"}
error {"@timestamp":"2026-11-29","log.level":"ERROR","message":"till"}
error {"message":"till","context":{},"level":400,"level_name":"ERROR"}
error {"t":{"$date":"2026-11-29T10:00:00.000+00:00"},"s":"E","c":"NETWORK","msg":"till"}
error {"version":"1.1","host":"h","short_message":"till","level":3}
error {"PRIORITY":"3","MESSAGE":"till"}
none  {"msg":"ERROR till"}
error 2026/11/29 10:00:00 [error] 123#123: *1 open() failed
error 2026/11/29 10:00:00 [crit] 123#123: *1 open() failed
error [Sun Nov 29 10:00:00.123456 2026] [core:error] [pid 123:tid 456] till
info  [Sun Nov 29 10:00:00.123456 2026] [php:notice] [pid 123] ERROR
error [Sun Nov 29 10:00:00 2026] [error] [client 10.0.0.1] till
error 10.0.0.1 - - [29/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 500 12 "-" "curl"
warn  10.0.0.1 - - [29/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 404 12 "-" "curl"
none  10.0.0.1 - - [29/Nov/2026:10:00:00 +0000] "GET /500 HTTP/1.1" 200 12 "-" "curl"
error [2026-11-29T10:00:00Z ERROR hat::shop] till
error [ERROR hat::shop] till
info  2026-11-29T10:00:00.123456Z  INFO hat::shop: ERROR till
error 2026/11/29 10:00:00 ERROR till key=value
error time=2026-11-29T10:00:00.123Z level=ERROR msg="till"
info  time=2026-11-29T10:00:00.123Z level=INFO msg="level=error"
debug level=debug ts=2026-11-29T10:00:00Z caller=hat.go:12 msg=ERROR
error ts=2026-11-29T10:00:00Z caller=hat.go:12 level=error msg="till"
error t=2026-11-29T10:00:00+0000 lvl=eror msg=till
error time="2026-11-29T10:00:00Z" level=fatal msg="till"
none  msg="set level=error for hat"
error fail: Hat.Shop.Till[0]
error crit: Hat.Shop.Till[0]
debug dbug: Hat.Shop.Till[0]
debug trce: Hat[0]
warn  WARNING: PowerShell
debug VERBOSE: PowerShell
error 2026-11-29 10:00:00, Error                 CBS    till
info  Information,11/29/2026 10:00:00 AM,Hat,1,None
error [1129/100000.123456:ERROR:hat.cc(1)] till
error [1234:5678:1129/100000.123456:FATAL:hat.cc(1)] till
info  [1234:5678:1129/100000.123456:INFO:CONSOLE(1)] "ERROR", source
debug [1129/100000:VERBOSE1:hat.cc(1)] till
error npm ERR! code ELIFECYCLE
warn  npm WARN deprecated
error npm error code 1
warn  (node:1234) Warning: till
error [2026-11-29 10:00:00.123] [error] electron-log
error /src/Hat.swift:12:3: error: till
warn  /src/Hat.swift:12:3: warning: till
error hat.c:12: error: till
error NullReferenceException: Object reference not set
error java.lang.IllegalStateException: till
error Exception in thread "main" java.lang.Error
error TypeError: cart is undefined
error Uncaught TypeError: cart is undefined
error [ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: till
none  [HTTP] --> POST /session {"a":1}
none  [HTTP] <-- POST /session 200 123 ms - 456
error [HTTP] <-- POST /session 500 123 ms - 456
none  [Appium] Welcome to Appium v2
debug [debug] [XCUITestDriver@abcd (12345678)] ERROR
warn  2026-11-29 10:00:00:123 [warn] [Appium] till
debug 2026-11-29 10:00:00:123 - [debug] [AndroidDriver] till
info  10:00:00.123 INFO [Standalone.execute] - Started
info  1795946400123\tgeckodriver\tINFO\tListening
error [1795946400.123][SEVERE]: till
info  [1795946400.123][INFO]: COMMAND ERROR
error console.error: "till"
error JavaScript error: http://a/, line 1: till
none    pw:api => page.goto started
error web_1  | 2026-11-29 10:00:00 ERROR till
error web-1  | ERROR till
error 2026-11-29T10:00:00.123456789Z 2026-11-29 10:00:00 ERROR till
error 2026-11-29T10:00:00.123456789Z stderr F ERROR till
error 2026-11-29T10:00:00.123456789Z stderr F [error] till
error {"log":"2026-11-29 10:00:00 ERROR till\\n","stream":"stderr","time":"x"}
error E, [2026-11-29T10:00:00.123456 #123] ERROR -- : till
info  I, [2026-11-29T10:00:00.123456 #123]  INFO -- : ERROR
error [2026-11-29 10:00:00 +0000] [123] [ERROR] gunicorn
error [2026-11-29 10:00:00,123: ERROR/MainProcess] celery
error 2026-11-29 10:00:00.123 | ERROR    | hat:sell:1 - loguru
error ERROR    root:test_hat.py:3 till
error ERROR:    Exception in ASGI application
info  INFO:     127.0.0.1:1 - "GET / HTTP/1.1" 500 Internal
error [ERROR] maven
warn  [WARNING] maven
error ##[error]till
error ::error::till
error 10:00:00.123 [error] elixir
error [2026-11-29T10:00:00,123][ERROR][o.e.b.Hat] [node] till
warn  [2026-11-29T10:00:00,123][WARN ][o.e.b.Hat] [node] till
error 2026-11-29 10:00:00.123 UTC [123] ERROR:  relation
info  2026-11-29 10:00:00.123 UTC [123] LOG:  ERROR
error 2026-11-29 10:00:00.123 UTC [123] hat@hat FATAL:  till
error 2026-11-29T10:00:00.123456Z 0 [ERROR] [MY-010334] [Server] till
info  2026-11-29T10:00:00.123456Z 0 [Note] till
warn  123:M 29 Nov 2026 10:00:00.000 # till
error 2026-11-29 10:00:00.123456 E | etcdserver: till
error [2026-11-29 10:00:00.123][1][error][main] [source/x.cc:12] envoy
error 2026-11-29T10:00:00.123456Z\terror\ttill
error E (1234) HAT: esp
error [00:00:00.123,456] <err> hat: till
error 10:00AM ERR till error=x
error [E 2026-11-29 10:00:00.123 ServerApp] till
warn  0:00:00.123456789  1234 0x55d0 WARN           basesrc gstbasesrc.c:123:fn:<x> till
error [2026.11.29-10.00.00:123][  0]LogTemp: Error: till
warn  [10:00:00] [Server thread/WARN]: till
error 2026-11-29T10:00:00Z [ERROR] core: till
error     2026/11/29 10:00:00 [ERR] agent: till
error [2026-11-29][10:00:00][hat][ERROR] fern
error [Error - 10:00:00 AM] till
error 2026-11-29 10:00:00.123 [error] vscode
error error: winston
error Error: till
error panic: runtime error
error fatal: not a git repository
none  no error found
none  TERRORS
info  INFO no ERROR so far
error 2026-11-20T20:27:16.064Z EXCEPTION cart is undefined
error 2026-11-20T20:27:43.135Z ERROR Failed to load resource
warn  2026-11-20T20:27:43.135Z 404 GET http://127.0.0.1:8901/a.css
error 2026-11-20T20:27:43.135Z 503 POST http://127.0.0.1:8901/a
none  2026-11-20T20:27:43.135Z 200 GET http://127.0.0.1:8901/404
none  2026-11-20T20:27:43.135Z LOG console ERROR
error 10.0.0.1 - - "GET /x HTTP/1.1" 500 12
warn  [warn] deprecated
info  time=12:00 level=info msg=started
info  <Notice>: ready
error 2026-11-29 ERROR Касса
none  2026-11-29 10:00:00 Clicked the ERROR tab
none  2026-11-29 10:00:00 Done: 0 ERROR, 2 WARNING
none  Clicked the ERROR tab
none  10:00:00 no ERROR here
none  GET /ERROR/ 200
error 2026-11-29 10:00:00.123 ERROR 1 --- [main] c.e.H : x
error [GIN] 2026/11/29 - 10:00:00 | 500 |    1.2ms | ::1 | GET "/x"
error ERROR 2026-11-29 10:00:00,123 hat 12 34 django
error FATAL EXCEPTION: main
error  ERROR  TypeError: react native
warn  2026-11-29 10:00:00 WARN  [hat] till
error Nov 29 10:00:00.123 ERROR com.hat till
error 2026-11-29 10:00:00 ERR till
error Error\t11/29/2026 10:00:00 AM\tHat\t1
info  2026-11-29T10:00:00.123Z info: winston
"""


@pytest.mark.parametrize("row", LINES.strip().splitlines())
def test_the_level_is_what_the_line_says_at_its_place(row: str) -> None:
    assert level_of(row[6:]) is Level(row[:5].strip())


def test_an_empty_line_has_none() -> None:
    assert level_of("") is Level.NONE


def test_no_line_takes_long_to_be_told() -> None:
    """Lines of what the formats are made of, in any order and at any length, beside those of the formats."""
    parts = [
        *"[](<>-|:,.={",
        " ",
        '"',
        "10:00:00",
        "2026-11-29",
        "a.b",
        "1",
        "ERROR",
        "error",
        "E/",
        "E(",
        "level=",
        "\\",
    ]
    chance = random.Random(1)
    lines = ["".join(chance.choices(parts, k=200)) for _ in range(300)] + [part * HEAD for part in parts]
    usual = LINES.strip().splitlines()
    allowed = TIMES_AS_LONG * least(lambda: [level_of(line[6:]) for line in usual]) * len(lines) / len(usual)
    assert least(lambda: [level_of(line) for line in lines], allowed) <= allowed
