"""What lets somebody in is taken out of headers that hold addresses and out of JSON."""

import pytest

from sessions.viewers.har.entry import Header
from sessions.viewers.har.json_secrets import json_without_secrets


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Referer", "https://a.example/in?access_token=x&b=1", "https://a.example/in?access_token=HIDDEN&b=1"),
        ("location", "/done?token=x", "/done?token=HIDDEN"),
        ("X-Forwarded-Uri", "https://me:x@a.example/", "https://HIDDEN@a.example/"),
        ("Accept", "text/html?token=x", "text/html?token=x"),
        ("User-Agent", "bot (+https://a.example/bot)", "bot (+https://a.example/bot)"),
    ],
)
def test_an_address_in_a_header_is_shown_without_its_secrets(name: str, value: str, shown: str) -> None:
    assert Header(name, value).shown == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"token": "x", "a": "token"}', '{"token": "HIDDEN", "a": "token"}'),
        ('{"user": {"password":"x\\"y"}}', '{"user": {"password":"HIDDEN"}}'),
        ('{"otp": 123456, "a": 1}', '{"otp": HIDDEN, "a": 1}'),
        ('{"to\\u006ben": "x"}', '{"to\\u006ben": "HIDDEN"}'),
        ('[{"refreshToken"\n :\n "x"}, {"secret": null}]', '[{"refreshToken"\n :\n "HIDDEN"}, {"secret": HIDDEN}]'),
        ('{"tokens": ["x"], "a": {"apiKey": "y"}}', '{"tokens": ["x"], "a": {"apiKey": "HIDDEN"}}'),
        # Cut short, within the value as well.
        ('{"token": "xyz', '{"token": "HIDDEN"'),
        ('{"token": ', '{"token": '),
        ('"token": "x"', '"token": "x"'),
        ("{ no JSON \\", "{ no JSON \\"),
    ],
)
def test_the_values_of_secret_names_are_taken_out_of_json(text: str, shown: str) -> None:
    assert json_without_secrets(text) == shown
