# Opens the pages of drafts in a real Chromium.
