"""What a running worker says of itself."""
