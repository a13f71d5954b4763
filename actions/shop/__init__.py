"""The shop: the interface to its orders, the SQL tables that keep them, and the demo shop."""
