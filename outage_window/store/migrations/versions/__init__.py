"""One file a version of the schema: what it changed."""
