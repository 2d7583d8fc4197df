"""What people do with the index: views, their formats, decisions."""
