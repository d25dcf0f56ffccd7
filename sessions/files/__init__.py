"""The files of sessions: kept in the storage, recognised by their bytes, and sent in ranges."""
