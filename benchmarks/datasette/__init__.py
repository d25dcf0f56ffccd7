"""Datasette over the large organisation's sessions in one SQLite file, as its owner would publish them: only a peer."""
