"""Real pages, links and files that nobody on this project wrote: used where they are, never copied into it."""

import os
from pathlib import Path

VARIABLE = "BACKLINK_TEST_DATA"
"""Environment variable that names the folder."""
DATA = Path(os.environ.get(VARIABLE, Path(__file__).parents[2] / "shared" / "data"))
