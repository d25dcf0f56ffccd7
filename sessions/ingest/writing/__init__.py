"""Checked sessions, events and attachments -> rows."""
