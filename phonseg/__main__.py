"""`python -m phonseg` is the command `phonseg`."""

import sys

from phonseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
