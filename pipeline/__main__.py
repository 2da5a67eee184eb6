"""`python -m pipeline` is `casereport`."""

import sys

from pipeline.cli import main

sys.exit(main())
