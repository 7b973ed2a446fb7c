"""Says hello, by way of a dependency."""

import augexample_legacy


def main():
    augexample_legacy.main()
    print("Hello from augexample-consumer!")
