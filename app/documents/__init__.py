"""Documents that customers get as PDF: what is on them, in which letters, and how a page is laid out."""
