"""The panels of a session's page: each reads what it shows around the moment that is asked for."""
