"""Exports that somebody drops on a page: analysed beside the server, held in memory for a while."""
