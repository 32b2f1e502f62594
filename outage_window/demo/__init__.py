"""Makes inputs in which the reference outages are true, and sends them through the real parts."""
