"""What a file is by its own bytes, and what of it is kept: one module for each format that we take."""
