"""Upper and lower case: which spellings mean the same e-mail address, username or operating system.

PostgreSQL alone decides, on both sides of every comparison, since its unique indexes on lower() do. What lower() makes
of a letter depends on the database's locale, and differs from Python's (a final sigma, a dotted capital I).
"""

from django.db import connection


def sql_folded(values: str) -> str:
    """The SQL of an array of texts, folded, from the SQL of one. It is computed once, so that indexes can be used."""
    return f"ARRAY(SELECT lower(value) FROM unnest({values}::text[]) AS value)"


def folded(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(%s)", [text])
        return str(cursor.fetchone()[0])


def escaped(text: str) -> str:
    """The text as a LIKE pattern in which each character stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
