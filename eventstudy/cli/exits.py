"""What a run ends with: one exit code, and at most one clear sentence on standard error.

==== =====================================================================
code meaning
==== =====================================================================
0    done
1    done, but something was not used, failed alone or needs review
2    the command line cannot be meant
3    the study file breaks its rules
4    data missing or invalid, a file that cannot be read or written
5    the network
6    another process holds the lock
7    ``batch --exit-on-change``: a finding differs from the last run
70   a defect of this program; ``--debug`` shows where
130  interrupted (Ctrl-C)
141  the reader of standard output went away
143  stopped by SIGTERM
==== =====================================================================
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typer.exceptions import Abort, Exit, TyperException

from eventstudy.cli import console, stops
from eventstudy.errors import EventStudyError, EventStudyWarning, did_you_mean

if TYPE_CHECKING:
    from typer._click import Context

OK, PARTLY, USAGE, SPEC, DATA, NETWORK, LOCKED, CHANGED = 0, 1, 2, 3, 4, 5, 6, 7
DEFECT, CLOSED_PIPE = 70, 141


def guard(action: Callable[[], int]) -> int:
    """Run ``action`` and turn whatever ends it into an exit code and, where there is something to say, a sentence."""
    try:
        with console.warnings_as_talk():
            code = action()
        sys.stdout.flush()
        _ended()
    except (Exception, KeyboardInterrupt) as end:
        _ended()
        return _code_of(end)
    if _received:
        return _interrupted("interrupted while it ended; everything is written.")
    return code


def _code_of(end: Exception | KeyboardInterrupt) -> int:
    if isinstance(end, BrokenPipeError):
        _silence_stdout()
        return CLOSED_PIPE
    if isinstance(end, Exit):
        return _flushed(end.exit_code)
    if _received or isinstance(end, KeyboardInterrupt | Abort):  # a library may turn the interrupt into its own error
        return _interrupted("interrupted; nothing half-written is left.")
    if isinstance(end, TyperException):
        return _usage(end)
    return _fault(end)


# Signals that asked this process to stop, oldest first.
_received: list[int] = []
# How soon an interrupt that was lost comes again, and the signal for it, where the system has one.
AGAIN_S = 0.05
ALARM = (signal.SIGALRM,) if hasattr(signal, "SIGALRM") else ()
# Whether this process is the command, which then handles them alone.
_stopping: list[bool] = []


@contextmanager
def stopping() -> Iterator[None]:
    """Let Ctrl-C and a service manager's stop (SIGTERM) end a command in the same way, and be remembered.

    The exception alone can be lost: Python ignores one that is raised while it calls a finalizer or a callback of a
    library, and prints a traceback. It is then raised again a moment later; where that is lost as well,
    ``check_interrupt`` and the end of ``guard`` find it.
    """

    def stop(number: int, _: object) -> None:
        if number in stops.STOPS:
            _received.append(number)
        raise KeyboardInterrupt

    def lost(ignored: sys.UnraisableHookArgs) -> None:
        if ignored.exc_type is KeyboardInterrupt and _received and ALARM:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        else:
            hook(ignored)

    _received.clear()
    hook, sys.unraisablehook = sys.unraisablehook, lost
    before = {number: signal.signal(number, stop) for number in (*stops.STOPS, *ALARM)}
    _stopping.append(True)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook
        _stopping.clear()
        _received.clear()


def check_interrupt() -> None:
    """Stop here if a signal asked for it and its exception was lost; called before anything is written."""
    if _received:
        raise KeyboardInterrupt


def _ended() -> None:
    """Let a signal that comes from here on end the process at once: an exception would not be caught."""
    if not _stopping:
        return
    stops.state = "everything is written"
    if ALARM:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    for number in stops.STOPS:
        signal.signal(number, stops.leave)


def _interrupted(sentence: str) -> int:
    number = _received[0] if _received else signal.SIGINT
    console.error(sentence, "interrupted")
    return 128 + number


def _usage(mistake: TyperException) -> int:
    context: Context | None = getattr(mistake, "ctx", None)
    if type(mistake).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(mistake.format_message() + "\n")
        return USAGE
    option, remedy = getattr(mistake, "option_name", ""), ""
    if type(mistake).__name__ == "NoSuchOption" and context is not None:
        known = [name for p in context.command.get_params(context) for name in p.opts if name.startswith("--")]
        message, remedy = f"No such option: {option}.", _renamed_flag(option, known) or did_you_mean(option, known)
    else:
        message = mistake.format_message().replace("\n\t", " ").strip()
    path = context.command_path if context is not None else "eventstudy"
    hint = f"Try '{path} --help'."
    console.error(" ".join(filter(None, [message, remedy, hint])), "usage")
    return USAGE


def _renamed_flag(option: str, known: list[str]) -> str:
    """Return where an option went that this command once had under another name."""
    from eventstudy.renamed import new_name

    new = new_name("flag", option)
    return f"It is now {new}." if new.partition(" ")[0] in known else ""


def _fault(fault: Exception) -> int:
    if console.manners().debug:
        import traceback

        traceback.print_exception(fault)
    kind = type(fault).__name__
    if isinstance(fault, EventStudyError):
        console.error(str(fault), kind)
        return fault.exit_code
    if isinstance(fault, EventStudyWarning):
        console.error(f"{fault} (a warning treated as an error by --strict).", fault.code)
        return DATA
    if isinstance(fault, RecursionError):
        console.error("an input is nested too deep.", kind)
        return DATA
    if isinstance(fault, OSError) and fault.strerror:
        place = f"{fault.filename!r}: " if fault.filename else ""
        console.error(f"{place}{fault.strerror}.", kind)
        return DATA
    hint = "" if console.manners().debug else " Run it again with --debug to see where."
    console.error(f"a defect of this program, not of your input: {kind}: {fault}.{hint}", kind)
    return DEFECT


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
        return CLOSED_PIPE
    return code


def _silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
