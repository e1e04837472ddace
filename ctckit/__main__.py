"""`python -m ctckit` is the command `ctckit`."""

from ctckit.cli import main

if __name__ == "__main__":
    main()
