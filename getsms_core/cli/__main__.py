"""`python -m getsms_core.cli`, the same as the script `getsms`."""

from getsms_core.cli import main

main()
