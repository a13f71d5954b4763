"""Telegram: private chats with a bot, by webhook or by long polling. What it says and takes is documented at
https://core.telegram.org/bots/api."""
