"""Names get their one form on the way in, field by field."""

import json
import unicodedata

import pytest

from sessions.contract.line_errors import LineError
from sessions.contract.names import NAMES
from sessions.contract.schema import SessionLine
from sessions.ingest.reading.parse import parse
from tests.ingest.lines import a_line

# One character that takes three in NFC.
LONG = "\ufb2c"


@pytest.mark.parametrize(("part", "name", "longest"), NAMES)
def test_every_name_is_put_in_its_one_form_and_a_blank_one_is_absent(part: str, name: str, longest: int) -> None:
    def parsed(text: str) -> str | None:
        sent = {"type": "anonymous", name: text} if part == "initiator" else {name: text}
        session = parse(json.dumps(a_line(**{part: sent} if part else sent)).encode(), SessionLine)
        value: str | None = getattr(getattr(session, part) if part else session, name)
        return value

    assert parsed("\u2003e\u0301 e\u0301\t") == "\u00e9 \u00e9"
    assert parsed("x" * longest) == "x" * longest
    assert parsed("  \u00a0") is None
    with pytest.raises(LineError) as caught:
        parsed(LONG * longest)
    assert (caught.value.field, caught.value.code) == (f"{part}.{name}" if part else name, "invalid_value")
    assert len(unicodedata.normalize("NFC", LONG)) > 1
