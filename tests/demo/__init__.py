# Drives the demo and its simulator; the truth stands beside what is found.
