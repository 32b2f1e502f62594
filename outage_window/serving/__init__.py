"""The server that listens: waitress, with bounds on slow and greedy clients, and with TLS."""
