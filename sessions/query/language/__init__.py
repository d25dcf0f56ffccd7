"""The language of a search: text becomes an expression, which says nothing about SQL."""
