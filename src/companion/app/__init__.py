"""The page: one conversation in the browser, streamed, with the truth about each reply."""
