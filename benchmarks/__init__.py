"""What we claim, measured again by one command."""
