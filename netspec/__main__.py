"""``python -m netspec``."""

from netspec.cli import main

main()
