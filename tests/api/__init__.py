"""The HTTP interface against the document that describes it."""
