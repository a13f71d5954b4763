"""Slack: direct messages, mentions and their threads, over HTTP or Socket Mode, in one workspace or many."""
