"""The page as the tutorials of django-filter and django-tables2 build it, over the same tables: only a peer."""
