"""What can go wrong through no fault of zoo's: one sentence to a colleague, a stable code, and an exit code.

A message says what was asked, what was found and what to do. The command line prints it without a traceback
(`ZOO_DEBUG=1` shows one) and ends with `exit_code`.
"""

DONE, UNEXPECTED, REFUSED, NON_FINITE, FAILED_ROWS, STOPPED, INTERRUPTED = 0, 1, 2, 3, 4, 75, 130


class ZooError(Exception):
    """A refusal that the user can mend: usage, configuration or data."""

    exit_code = REFUSED
    code = "E-USAGE"

    def __init__(self, message: str, code: str | None = None):
        super().__init__(message)
        self.code = code or self.code


class DataError(ZooError):
    """A data set that cannot be used as it lies there."""

    code = "E-DATA"


class ZooImageError(DataError):
    """An image that cannot be turned into an array of the documented kind."""

    code = "E-IMAGE"


class MissingImage(ZooImageError):
    """A row of the table without its image file."""

    code = "E-IMAGE-MISSING"


class UnknownPart(ZooError):
    """A name that no installed package provides."""

    code = "E-PART-UNKNOWN"


class Incompatible(ZooError):
    """Two parts that cannot work together; a sweep skips the combination."""

    code = "E-INCOMPATIBLE"


class CheckpointError(ZooError):
    """Weights or training state that cannot be read, or are not what they claim to be."""

    code = "E-CKPT-FORMAT"


class NonFinite(ZooError):
    """A loss or gradient that is not a number: the step was not taken."""

    exit_code = NON_FINITE
    code = "E-NONFINITE"


class TooManyFailedRows(ZooError):
    """A catalogue was finished, but more rows failed than the limit allows."""

    exit_code = FAILED_ROWS
    code = "E-ROWS-FAILED"


class WorkerFailed(ZooError):
    """A process that reads images was killed, raised or delivered nothing in time: an accident, not a refusal."""

    exit_code = UNEXPECTED
    code = "E-WORKER"


class Stopped(ZooError):
    """Stopped before the end, with everything saved: the same command goes on."""

    exit_code = STOPPED
    code = "E-STOPPED"
