"""The live loop: what is stored is compared with what was derived, and what is missing derived."""
