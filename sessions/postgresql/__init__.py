"""How statements reach PostgreSQL: Django's database engine, prepared statements, and retries."""
