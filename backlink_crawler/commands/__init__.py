"""Scrapy commands of this project: one file each, named as it is typed (``COMMANDS_MODULE``).

Scrapy imports them all whichever one is typed, so they declare a command and import little; ``jobs`` does the work.
"""
