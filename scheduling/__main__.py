"""`python -m scheduling`: see scheduling.cli."""

from scheduling.cli import main

raise SystemExit(main())
