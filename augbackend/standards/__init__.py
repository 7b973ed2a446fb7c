"""What PEPs and setuptools define, and nothing of ours: readers and writers of other people's formats."""

OPERATOR = "===|~=|==|!=|<=|>=|<|>"  # PEP 440; markers have them, too
SPACE = " \t"  # PEP 508 knows no other


class InvalidRequirement(ValueError):
    """The text is not a requirement or a marker; the message says what is wrong with it."""
