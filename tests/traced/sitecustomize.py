"""Notes each file below $ZOO_TRACED that a process opens for writing, with its rank, in $ZOO_TRACE."""

import os
import sys

TRACE = os.open(os.environ["ZOO_TRACE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def note(event: str, arguments: tuple[object, ...]) -> None:
    """For `sys.addaudithook`."""
    if event != "open" or isinstance(arguments[0], int) or not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return
    path = os.path.realpath(os.fsdecode(arguments[0]))
    if path.startswith(os.environ["ZOO_TRACED"]):
        os.write(TRACE, f"{os.environ.get('RANK', 'parent')} {path}\n".encode())


sys.addaudithook(note)
