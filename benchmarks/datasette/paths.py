from datetime import datetime
from urllib.parse import urlencode

from benchmarks.question import Question

SEARCHED = ("app_id", "app", "user", "username", "token")


def page(question: Question) -> str:
    return f"/sessions/sessions?{parameters(question)}&_size=50"


def export(question: Question) -> str:
    return f"/sessions/sessions.csv?{parameters(question)}&_stream=on&_size=max"


def parameters(question: Question) -> str:
    """Newest first; a text with LIKE, which finds it in the middle of a word as the others do."""
    asked = {
        "_sort_desc": "date",
        "user__exact": question.user and question.user.email,
        "app_id__exact": question.app and question.app.app_id,
        "_where": " OR ".join(f"{column} LIKE '%{question.q}%'" for column in SEARCHED) if question.q else "",
        "date__gte": iso(question.start),
        "date__lt": iso(question.end or question.before),
    }
    return urlencode({name: value for name, value in asked.items() if value})


def iso(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") if moment else ""
