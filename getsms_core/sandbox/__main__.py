"""`python -m getsms_core.sandbox`: the practice gateway alone."""

from getsms_core.base import processes
from getsms_core.sandbox.command import command

processes.keep_files_private()
command(prog_name="python -m getsms_core.sandbox")
