"""Start the command line without its script."""

from isthmus.cli import main

if __name__ == "__main__":
    main()
