"""``python -m augbackend``: the command line without its script."""

from augbackend.cli import main

main()
