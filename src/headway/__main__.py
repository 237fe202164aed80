"""``python -m headway``: the command line without its script on the path."""

from headway.cli.main import main

if __name__ == "__main__":
    main()
