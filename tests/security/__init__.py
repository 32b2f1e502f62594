"""Who gets in, over what, and who is let go."""
