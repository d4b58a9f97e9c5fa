"""Hears what WeasyPrint logs and would go on after: a lost image, a lost font, any error ends the letter."""

import logging
import threading
from typing import Self

from letters.errors import FontBroken, ImageBroken, RenderRefused


class Complaints(logging.Handler):
    """Hears what WeasyPrint logs and would go on after."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._heard: list[tuple[int, str]] = []

    def __enter__(self) -> Self:
        logging.getLogger("weasyprint").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("weasyprint").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what this thread's rendering said."""
        if record.thread == self._thread:
            self._heard.append((record.levelno, record.getMessage()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was only a warning."""
        return tuple(message for level, message in self._heard if level < logging.ERROR)

    def refuse(self) -> None:
        """Raise what may not pass: a lost image, a lost font, any error."""
        for level, message in self._heard:
            if "image" in message.lower():
                raise ImageBroken(f"{message[:300]}: put a whole PNG into the pack.")
            if message.startswith("Font-face") or "font" in message.lower():
                raise FontBroken(f"{message[:300]}: put static TrueType fonts into the pack.")
            if level >= logging.ERROR:
                raise RenderRefused(message[:300])
