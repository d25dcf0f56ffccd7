"""Criteria: clauses on ids, times and flags, the order of a list, and who may see what."""
