"""What a person asked for and cannot have: one exception type, a code for scripts and a sentence for people.

Refused            the request is understood and refused; nothing was changed
└─ SettingsRefused a setting or the environment is wrong; names the setting
"""


class Refused(Exception):
    """A refusal with a stable `code` (kebab-case, for scripts) and a translated `message` that says what is wrong,
    where (row, column, setting) and what to do. Raised before anything is changed, so that nothing is half done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SettingsRefused(Refused):
    """A setting is missing, unknown or malformed. The message names the setting, never a secret's value."""
