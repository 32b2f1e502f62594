"""The settings: YAML and environment to checked values, each error with its line and key."""
