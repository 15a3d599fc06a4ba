"""``python -m stylenet``: the same as ``stylenet``."""

from stylenet.cli import main

if __name__ == "__main__":  # processes that load images may import this again
    main()
