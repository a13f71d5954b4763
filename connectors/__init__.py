"""Channels: each turns a provider's requests into messages and messages into the provider's requests, nothing more."""
