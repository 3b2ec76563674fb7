"""`python -m groundwork`: the same as the command `groundwork`."""

from groundwork.cli import main

if __name__ == "__main__":
    main()
