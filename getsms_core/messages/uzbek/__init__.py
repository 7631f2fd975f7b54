"""Uzbek text: Cyrillic and Latin scripts, the word list, and telling Russian apart."""
