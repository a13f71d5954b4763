"""The dialogue: understanding, Rasa embedded, and the loop that answers customers."""

from bot import tensorflow_unloaded

tensorflow_unloaded.install()  # here, since whatever of Rasa is imported comes after
