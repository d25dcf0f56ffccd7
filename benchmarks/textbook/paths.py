from datetime import timedelta
from urllib.parse import urlencode

from benchmarks.question import Question


def page(question: Question) -> str:
    return f"/sessions/?{parameters(question)}"


def export(question: Question) -> str:
    return f"/export/?{parameters(question)}&_export=csv"


def parameters(question: Question) -> str:
    """Of `SessionFilter`, and django-tables2's number of the page."""
    asked = {
        "user": question.user and question.user.email,
        "app": question.app and question.app.app_id,
        "q": question.q,
        "start": question.start and question.start.date(),
        "end": question.end and (question.end - timedelta(days=1)).date(),
        "page": question.depth // 50 + 1 if question.depth else None,
    }
    return urlencode({name: value for name, value in asked.items() if value})
