"""What the identity of a URL costs, beside other ways to fold addresses, on the references of real pages.

``python -m tests.benchmarks.urls`` prints the table. ``BACKLINK_TEST_DATA`` names the folder with the pages' links.
"""
