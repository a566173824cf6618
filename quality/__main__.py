"""`python -m quality`: see quality.cli."""

from quality.cli import main

raise SystemExit(main())
