# Drives real Prometheus and Alertmanager on loopback ports.
