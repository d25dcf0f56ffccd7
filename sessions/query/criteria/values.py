"""The filters' values of people and devices: what pages show, and no two of them the same.

A person is the e-mail address, or the username where there is none; a device is its model. Where several are called so,
that finds all of them, and the value of each is one that finds nothing else:

- `<kim@example.com>` is the person with this address, not one whose username it is.
- `"kim"` is the person without an address whose username is exactly this.
- `Maker Model` is a device whose model others make, too; `"Maker" "Model"` or `"Model"` (which has no known maker) is
  one where even that is not enough.
"""

from sessions.contract.schema import Session
from sessions.models import Organisation
from sessions.postgresql.fetching import fetch_prepared

EXACT_ENDS = {'"': '"', "<": ">"}


def is_exact(value: str) -> bool:
    return len(value) > 1 and EXACT_ENDS.get(value[0]) == value[-1]


# What `is_exact` says of a name that people or devices are called by.
LOOKS_EXACT = """({name} LIKE '"%%"' OR {name} LIKE '<%%>')"""

# Of `u`, a row of history_user: by its indexes user_email_per_organisation and user_username.
USER_VALUE = f"""
    CASE
        WHEN NOT {LOOKS_EXACT.format(name="coalesce(u.email, u.username)")} AND NOT EXISTS (
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
# (id, manufacturer, model, value) of the devices of an organisation that have a model.
DEVICE_VALUES = f"""
    WITH called AS MATERIALIZED (
        SELECT DISTINCT manufacturer, model, name
        FROM history_device, unnest(ARRAY[model, ltrim(manufacturer || ' ' || model)]) AS name
        WHERE organisation_id = %(organisation)s AND model <> ''
    ), unmistakable AS MATERIALIZED (
        SELECT name FROM called WHERE NOT {LOOKS_EXACT.format(name="name")} GROUP BY name HAVING count(name) = 1
    )
    SELECT id, manufacturer, model, CASE
        WHEN model IN (SELECT name FROM unmistakable) THEN model
        WHEN ltrim(manufacturer || ' ' || model) IN (SELECT name FROM unmistakable)
        THEN ltrim(manufacturer || ' ' || model)
        ELSE {DEVICE_EXACTLY}
    END AS value
    FROM history_device WHERE organisation_id = %(organisation)s AND model <> ''
"""

VALUES_OF_SESSION = f"""
SELECT 'user', {USER_VALUE} FROM history_user u
WHERE u.organisation_id = %(organisation)s
  AND (lower(u.email) = lower(%(email)s::text)
       OR (%(email)s::text IS NULL AND u.email IS NULL AND u.username = %(username)s::text))
UNION
SELECT 'device', value FROM ({DEVICE_VALUES}) device
WHERE manufacturer = %(manufacturer)s::text AND model = %(model)s::text
"""


def values_of(organisation: Organisation, record: Session) -> dict[str, str]:
    """What `user` and `device` have to be for the sessions of the same person, and on the same model of device."""
    asked = {
        "organisation": organisation.pk,
        "email": record.initiator.email,
        "username": record.initiator.username,
        "manufacturer": record.device.manufacturer or "",
        "model": record.device.model,
    }
    return dict(fetch_prepared(VALUES_OF_SESSION, asked))
