"""Events of one session, of a list, and the newest of each value."""
