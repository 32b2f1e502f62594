"""Prometheus remote write 1.0 and 2.0: request bodies to arrays of samples. Pure."""
