"""The website: the widget, its API and its connector."""
