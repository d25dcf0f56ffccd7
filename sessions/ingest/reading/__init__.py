"""Bytes -> a checked and normalised session, or the field that is wrong."""
