"""The list as Django REST framework's tutorial builds it, with its CursorPagination: only a peer."""
