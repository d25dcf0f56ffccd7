from urllib.parse import urlencode

from benchmarks.question import Question


def page(question: Question) -> str:
    """The parameters that the changelist's own links and search box have."""
    asked = {
        "user__id__exact": question.user and question.user.pk,
        "app__id__exact": question.app and question.app.pk,
        "q": question.q,
        "occurred_at__gte": question.start,
        "occurred_at__lt": question.end,
        "p": question.depth // 50 + 1 if question.depth else None,
    }
    return f"/admin/history/session/?{urlencode({name: value for name, value in asked.items() if value})}"
