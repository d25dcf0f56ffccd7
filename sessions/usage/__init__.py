"""Usage: numbers about the sessions of each day, counted ahead where that is possible."""
