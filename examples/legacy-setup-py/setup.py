"""A build script of the old kind: it imports a package that nothing declares, and wants a variable."""

import os

from setuptools import setup
from tabulate import tabulate

greeting = tabulate([[os.environ["GREETING"], "from augexample-legacy"]], tablefmt="plain")
with open("augexample_legacy.py", "w") as module:
    module.write(f"def main():\n    print({greeting!r})\n")

setup(
    name="augexample-legacy",
    version="1.0",
    py_modules=["augexample_legacy"],
    entry_points={"console_scripts": ["augexample-legacy = augexample_legacy:main"]},
)
