# Uploaded files: their names, what analyses them, and what is held of them.
