"""A shop at Shopify, over its Admin GraphQL API (docs/shopify.md)."""
