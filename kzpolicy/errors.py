"""The one error of the package: a line that names the file, the place, the cause and the mend."""


class StudyError(ValueError):
    """Input that cannot be used as it is; the message says what, where, and how to mend it."""
