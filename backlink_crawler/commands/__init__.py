"""Scrapy commands of this project: one file each, named as it is typed (``COMMANDS_MODULE``)."""
