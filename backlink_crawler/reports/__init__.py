"""What people read: pure functions from what the store counted to a report, and from a report to text.

``summary`` decides what is said (sentences, facts, rows), ``formats`` how it looks (table, CSV, JSON lines), ``site``
which site an argument names. No I/O, no clock, no environment: times, widths and colours are arguments.
"""
