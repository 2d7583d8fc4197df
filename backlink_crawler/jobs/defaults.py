"""What commands take where nothing is said: named in their help, done by their jobs. Imports nothing of weight."""

from datetime import date

EXTRACT_URL = "http://example/"
"""Address of a file that is given none."""
FRONTIER_HOSTS = 20
"""Hosts shown."""
REPORT_DAYS = 30
"""Days of ``--history`` where no first one is named."""
REPORT_BEGINS = date(1990, 1, 1)
"""No day of a report is before the Web."""
REPORT_FORMATS = ("table", "csv", "jsonl", "parquet", "xlsx", "html")
"""As ``reports.formats`` has them."""
REPORT_VIEWS = ("summary", "history", "referring-domains", "anchors", "pages", "new", "lost")
"""What a document that holds several views shows where no view is named."""
