"""What extraction costs and whether it is right, beside other ways to read links from HTML.

``python -m tests.benchmarks.extract`` measures candidates on the same pages; ``python -m
tests.benchmarks.extract.agreement`` compares the links of real pages with those that independent parsers find.
"""
