"""The APIs of four other products: their parameters, their shapes and their errors, over the one query object.

Nothing here chooses which sessions somebody gets. `docs/foreign-formats.md` maps every field.
"""
