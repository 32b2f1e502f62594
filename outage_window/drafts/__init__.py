"""Drafts as they are asked for: from the store, a server, or a declaration, in every format."""
