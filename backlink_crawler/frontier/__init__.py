"""The shared queue of a crawl: which URL may be asked for next, by whom, and what became of it."""
