"""`python -m scheduling`: see scheduling.cli."""

from scheduling.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
