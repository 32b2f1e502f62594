"""The share of users: each tier against an oracle, and the ladder that chooses."""
