"""What the bot does: rasa-sdk actions that answer and act for the shop's customers.

`rasa run actions --actions actions` finds every action in here by itself; a program that runs them in its own
process asks `actions.registry.all_actions` for instances instead.
"""
