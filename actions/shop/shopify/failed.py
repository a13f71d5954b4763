"""What goes wrong between Shopify and us."""


class ShopifyFailed(Exception):
    """Shopify gave no answer that can be used. The message says why, without anything of a customer or a token."""
