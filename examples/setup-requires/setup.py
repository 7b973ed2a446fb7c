"""Metadata by pbr: without `setup_requires` installed there is no name and no version.

And setup.py cannot even say so where tabulate, which nothing declares, is not installed.
"""

import tabulate  # noqa: F401
from setuptools import setup

setup(setup_requires=["pbr>=6"], pbr=True)
