"""A shop on WooCommerce, through its REST API v3 (docs/woocommerce.md)."""
