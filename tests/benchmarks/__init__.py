"""Measurements that take too long for a test-suite; each prints a table and keeps it in ``results/``."""
