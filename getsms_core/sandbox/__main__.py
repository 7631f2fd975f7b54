"""`python -m getsms_core.sandbox`: the practice gateway by itself."""

from getsms_core.sandbox.command import command

command(prog_name="python -m getsms_core.sandbox")
