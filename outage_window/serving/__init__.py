"""The serving process: what runs in it, how it is told to reload and to stop, what listens."""
