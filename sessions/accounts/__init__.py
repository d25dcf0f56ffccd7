"""Members, API tokens, signing in, and the limits that guard them."""
