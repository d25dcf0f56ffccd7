"""The first error of a crash report and the app's own frame, in the formats that devices write."""

import pytest

from sessions.viewers.crash import read_crash

JAVA = """\
FATAL EXCEPTION: main
Process: com.acme.shop, PID: 4711
java.lang.IllegalStateException: Fragment not attached to a context
\tat androidx.fragment.app.Fragment.requireContext(Fragment.java:972)
\tat com.acme.shop.cart.CartFragment.render(CartFragment.kt:88)
\tat android.os.Handler.dispatchMessage(Handler.java:106)
Caused by: java.lang.NullPointerException: cart
"""
APPLE = """\
Process:             Shop [512]
Exception Type:  EXC_BAD_ACCESS (SIGSEGV)
Thread 1:
0   Shop    0x0000000100003f20 idle + 12
Thread 0 Crashed:
0   libobjc.A.dylib   0x00000001a1b2c3d4 objc_msgSend + 20
1   Shop              0x0000000100004f24 CartView.render() + 144
"""
JAVASCRIPT = """\
TypeError: Cannot read properties of undefined (reading 'price')
    at node:internal/timers:573:17
    at Cart.total (https://shop.example/cart.js:10:15)
"""
PYTHON = """\
Traceback (most recent call last):
  File "/app/kiosk/main.py", line 12, in run
    pay()
  File "/usr/lib/python3/site-packages/requests/api.py", line 5, in get
    raise
ValueError: no card
"""


@pytest.mark.parametrize(
    ("report", "error", "frame"),
    [
        (
            JAVA,
            "java.lang.IllegalStateException: Fragment not attached to a context",
            "com.acme.shop.cart.CartFragment",
        ),
        (APPLE, "EXC_BAD_ACCESS (SIGSEGV)", "Shop 0x0000000100004f24 CartView.render() + 144"),
        (JAVASCRIPT, "TypeError: Cannot read properties of undefined (reading 'price')", "Cart.total"),
        (PYTHON, "ValueError: no card", '/app/kiosk/main.py", line 12, in run'),
        (JAVA.replace("com.acme", "org.other"), "java.lang.IllegalStateException: Fragment", "org.other.shop.cart"),
    ],
    ids=["java", "apple", "javascript", "python", "another-package"],
)
def test_the_error_and_the_apps_own_frame_are_found(report: str, error: str, frame: str) -> None:
    crash = read_crash(report, "com.acme.shop")
    assert crash
    assert crash.error.startswith(error)
    assert crash.frame.startswith(frame)


@pytest.mark.parametrize("text", ["", "nothing went wrong", "at " * 10_000, "\x00" * 100, "Thread 0 " * 1000])
def test_what_is_no_report_has_no_error(text: str) -> None:
    assert read_crash(text) is None
