"""HTTP Archive 1.2 as a list of requests (http://www.softwareishard.com/blog/har-12-spec/).

A HAR comes from whatever a producer ran, so nothing in it is trusted: each entry is read on its own, a field of the
wrong type counts as absent, and only a file that is no HAR at all is refused. It may be larger than the memory that a
page may cost: `archive` finds its entries one by one, and decodes again only those that the page shows.
"""
