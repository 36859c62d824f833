"""Named points at which a test breaks the process on purpose; without `ZOO_FAILPOINT` they do nothing.

`ZOO_FAILPOINT=name:action[:nth]` acts at the nth visit of that point, or at every visit where no nth is given;
`name@1` stands for the point in rank 1 alone. Actions:

kill   SIGKILL, as a scheduler, an operator or the kernel's memory guard would
raise  RuntimeError, as a mistake in the code would
sleep  one second, as a slow disk would
hang   an hour, as a device or a network that does not answer
nan    the value that passes through becomes not-a-number
ENOSPC, EIO, EDQUOT, … (any name of `errno`)  OSError, as a failing disk would
"""

import errno
import os
import signal
import time
from collections import Counter
from typing import Any

visits: Counter[str] = Counter()


def fp(name: str, value: Any = None) -> Any:
    """Pass the point `name`; `value` comes back as it is, unless the action poisons it."""
    wanted = os.environ.get("ZOO_FAILPOINT")
    if not wanted or wanted.split(":")[0] not in (name, f"{name}@{os.environ.get('RANK')}"):
        return value
    _, action, *nth = wanted.split(":")
    visits[name] += 1
    return act(name, action, value) if not nth or visits[name] == int(nth[0]) else value


def act(name: str, action: str, value: Any) -> Any:
    """Do what the action says at this point."""
    match action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise RuntimeError(f"failpoint {name}")
        case "sleep" | "hang":
            time.sleep(1 if action == "sleep" else 3600)
        case "nan":
            return value * float("nan")
        case _:
            raise OSError(getattr(errno, action), f"{os.strerror(getattr(errno, action))} (failpoint {name})")
    return value
