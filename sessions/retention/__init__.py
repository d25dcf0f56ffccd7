"""The one way out: what is older than its organisation keeps it, rows first, then files.

`policy` says what is due, `purge` removes it batch by batch, `facets` makes the filters forget its
names, `files` deletes what it had in the storage, `orphans` finds there what no row speaks of.
"""
