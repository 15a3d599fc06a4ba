"""Nets of several styles, taken apart and put together: ``python banks.py --help``."""

import sys

from stylenet.cli.banks import arrange_banks

if __name__ == "__main__":
    sys.exit(arrange_banks(sys.argv[1:]))
