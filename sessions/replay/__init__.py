"""One session in time: its axis, where each of its files lies on it, and what can be seen at a moment."""
