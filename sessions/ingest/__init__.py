"""The one way in: bytes -> `parse` -> `normalise` -> `identity` -> `attachments` -> `load`.

Writes only, and knows nothing of HTTP. `prepare` runs the steps before `load` for
one line; `importing` runs all of them for a file.
"""
