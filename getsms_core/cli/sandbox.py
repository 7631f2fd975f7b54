"""`getsms sandbox`: the practice gateway by itself."""

from getsms_core.sandbox.command import command as sandbox_command

__all__ = ["sandbox_command"]
