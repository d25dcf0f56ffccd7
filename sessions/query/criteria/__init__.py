"""What a viewer asked for: clauses on ids, times and flags, the order, and who may see what."""
