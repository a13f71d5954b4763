"""Conversations and who owns them: the ground floor under the bot, the channels and the desk."""
