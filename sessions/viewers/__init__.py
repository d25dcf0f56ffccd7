"""What a page shows of a log or a network log."""
