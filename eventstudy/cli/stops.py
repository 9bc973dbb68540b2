"""Interrupts before and after the work of a command: one sentence and an exit code, too."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

STOPS = (signal.SIGINT, signal.SIGTERM)
# What an interrupt finds; the command line sets it when its work is done.
state = "nothing was begun"


def leave(number: int, _: object) -> NoReturn:
    """End this process at once; an exception would be a traceback where no command is there to catch it."""
    try:
        os.write(2, f"eventstudy: interrupted; {state}.\n".encode())
    finally:
        os._exit(128 + number)
