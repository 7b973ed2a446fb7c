# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""What PEPs and setuptools define, and nothing of ours: readers and writers of other people's formats."""
