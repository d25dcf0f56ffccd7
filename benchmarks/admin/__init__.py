"""The changelist of Django's admin over the same tables, as its documentation has one set up: only a peer."""
