"""What every peer is given on its command line."""

import sys

PORT, SITES, SCHEME, OUTPUT = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
STARTS = [f"{SCHEME}://127.0.1.{site + 1}:{PORT}/" for site in range(SITES)]
HOSTS = [f"127.0.1.{site + 1}" for site in range(SITES)]
