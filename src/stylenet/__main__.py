"""``python -m stylenet``: the same as ``stylenet``."""

from stylenet.cli import main

if __name__ == "__main__":  # processes that load pictures may import this again
    main()
