"""What is known about files without asking HTTP: byte ranges, safe types, logs in windows, HAR as requests."""
