"""Spiders: which pages are walked, in one file each."""
