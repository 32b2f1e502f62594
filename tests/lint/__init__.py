"""What lint finds in drafts, and what it leaves alone."""
