"""Alerts, on real servers: MongoDB, HTTP, SMTP."""
