"""Usage: the numbers of days, counted ahead where that is possible."""
