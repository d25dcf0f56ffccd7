from base64 import b64encode
from dataclasses import replace
from urllib.parse import urlencode

from benchmarks.question import Question
from benchmarks.textbook.paths import parameters


def page(question: Question) -> str:
    """The textbook's filters, and further down the cursor that CursorPagination would have given out on the way."""
    asked = parameters(replace(question, depth=0))
    if question.before:
        cursor = b64encode(urlencode({"p": str(question.before)}).encode()).decode()
        asked = f"{asked}&{urlencode({'cursor': cursor})}"
    return f"/sessions/?{asked}"
