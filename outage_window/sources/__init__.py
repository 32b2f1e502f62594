"""What is pulled or read: one file for each kind of export, each ending in `ServiceData`."""
