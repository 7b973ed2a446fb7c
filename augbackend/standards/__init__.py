"""What PEPs and setuptools define, and nothing of ours: readers and writers of other people's formats."""
