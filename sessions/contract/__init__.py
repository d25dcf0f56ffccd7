"""The public contract: the JSON shapes, the vocabularies, and every error with its code and its status."""
