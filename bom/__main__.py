"""`python -m bom`: see bom.cli."""

from bom.cli import main

raise SystemExit(main())
