"""``python -m fieldops`` is ``fieldops``."""

from fieldops.cli import main

main()
