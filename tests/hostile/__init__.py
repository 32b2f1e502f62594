"""Input of those who mean harm, at a real `serve` process."""
