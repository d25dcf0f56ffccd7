"""The one way out: what is older than its organisation keeps it; rows first, files days later.

`policy` says what is due, `purge` removes it batch by batch, `facets` makes the filters forget its
names. `files` deletes what purged and replaced rows had in the storage, once no backup under way
can need it, and `orphans` finds there what no row has ever spoken of.
"""
