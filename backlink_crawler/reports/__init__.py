"""What people read: pure functions from what the store counted to a report, and from a report to text.

``view`` and its SQL decide which rows there are, ``summary`` and ``openings`` what is said before them, ``formats`` how
it looks, ``site`` which site an argument names. No I/O, no clock, no environment: times, widths and colours are
arguments.
"""
