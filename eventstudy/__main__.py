"""Where the command ``eventstudy`` begins: nothing else is imported before the signals are caught."""

from __future__ import annotations

import signal

from eventstudy.cli.stops import STOPS, leave


def main() -> None:
    """Entry point of the installed command."""
    for number in STOPS:
        signal.signal(number, leave)
    from eventstudy.cli.app import main as command

    command()


if __name__ == "__main__":
    main()
