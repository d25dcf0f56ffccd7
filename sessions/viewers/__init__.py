"""What a page shows of a log, a network log or a recording."""
