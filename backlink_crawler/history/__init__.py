"""The life of links: what a visit changes, and what was so on any day. Pure."""
