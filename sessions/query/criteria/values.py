"""The values by which filters name people and devices. Pages show them, and no two of them are equal.

A person is the e-mail address, or the username where there is none; a device is its model. If several share a name,
the plain name finds all of them, and each has a longer value that finds only that one:

- `<kim@example.com>` is the person with this address, not one whose username it is.
- `"kim"` is the person without an address whose username is exactly this.
- `Maker Model` is a device whose model other makers have as well. Where that is ambiguous too, the value is
  `"Maker" "Model"`, or `"Model"` if the maker is not known.
"""

from sessions.contract.schema import Session
from sessions.models import Organisation
from sessions.postgresql.fetching import fetch_prepared


def is_quoted(value: str) -> bool:
    return len(value) > 1 and value.startswith('"') and value.endswith('"')


def is_bracketed(value: str) -> bool:
    return value.startswith("<") and value.endswith(">")


# The value of `u`, a row of history_user. Uses the indexes user_email_per_organisation and user_username.
USER_VALUE = """
    CASE
        WHEN coalesce(u.email, u.username) NOT LIKE ALL (ARRAY['"%%"', '<%%>']) AND NOT EXISTS (
            SELECT FROM history_user other
            WHERE other.organisation_id = u.organisation_id AND other.id <> u.id AND (
                lower(other.email) = lower(coalesce(u.email, u.username))
                OR lower(other.username) = lower(coalesce(u.email, u.username))
            )
        ) THEN coalesce(u.email, u.username)
        WHEN u.email IS NOT NULL THEN '<' || u.email || '>'
        ELSE '"' || u.username || '"'
    END
"""

# Quotes within a name are doubled, so that no two devices come to the same.
DEVICE_EXACTLY = """
    (CASE WHEN manufacturer <> '' THEN '"' || replace(manufacturer, '"', '""') || '" ' ELSE '' END
     || '"' || replace(model, '"', '""') || '"')
"""
MAKER_AND_MODEL = "ltrim(manufacturer || ' ' || model)"


def sql_device_values(listed: str) -> str:
    """SQL that adds a `value` to each row of `listed`, which has a manufacturer and a model.

    It looks up all devices of the organisation that share a name with a listed one.
    """
    return f"""
        WITH listed AS MATERIALIZED ({listed}), listed_name AS MATERIALIZED (
            SELECT model AS name FROM listed UNION SELECT {MAKER_AND_MODEL} FROM listed
        ), called AS (
            SELECT manufacturer, model, model AS name FROM history_device
            WHERE organisation_id = %(organisation)s AND model IN (SELECT name FROM listed_name)
            UNION
            SELECT manufacturer, model, {MAKER_AND_MODEL} FROM history_device
            WHERE organisation_id = %(organisation)s AND {MAKER_AND_MODEL} IN (SELECT name FROM listed_name)
        ), unmistakable AS MATERIALIZED (
            SELECT name FROM called WHERE name NOT LIKE '"%%"' GROUP BY name HAVING count(name) = 1
        )
        SELECT listed.*, CASE
            WHEN model IN (SELECT name FROM unmistakable) THEN model
            WHEN {MAKER_AND_MODEL} IN (SELECT name FROM unmistakable) THEN {MAKER_AND_MODEL}
            ELSE {DEVICE_EXACTLY}
        END AS value
        FROM listed
    """


VALUES_OF_SESSION = f"""
SELECT 'user', {USER_VALUE} FROM history_user u
WHERE u.organisation_id = %(organisation)s
  AND (lower(u.email) = lower(%(email)s::text)
       OR (%(email)s::text IS NULL AND u.email IS NULL AND u.username = %(username)s::text))
UNION ALL
SELECT 'device', value
FROM ({sql_device_values("SELECT %(manufacturer)s::text AS manufacturer, %(model)s::text AS model")}) device
WHERE model IS NOT NULL
"""


def values_of(organisation: Organisation, record: Session) -> dict[str, str]:
    """The values of `user` and `device` that find the sessions of the same person, and those on the same model."""
    asked = {
        "organisation": organisation.pk,
        "email": record.initiator.email,
        "username": record.initiator.username,
        "manufacturer": record.device.manufacturer or "",
        "model": record.device.model,
    }
    return dict(fetch_prepared(VALUES_OF_SESSION, asked))
