"""The one way in: bytes -> `reading` -> `sessions.files` -> `writing`.

Writes only, and knows nothing of HTTP. `prepare` runs the steps before `writing.load`
for one line; `importing` runs all of them for a file.
"""
