# The pages of the server, read as a browser would.
