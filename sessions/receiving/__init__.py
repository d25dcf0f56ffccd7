"""Sessions, events and files as somebody sends them over HTTP: what is theirs to write, and what a write means.

Between the views, which know HTTP, and `sessions.ingest`, which writes whatever it is given.
"""
