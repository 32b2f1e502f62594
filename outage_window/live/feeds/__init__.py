"""Where the samples of a service come from: one feed a source, all alike to the loop."""
