"""The doors that senders post to: authenticate, bound, parse, hand over to be kept, answer."""
