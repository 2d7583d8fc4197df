"""Everything that touches the wire: names, addresses, HTTP, robots.txt."""
