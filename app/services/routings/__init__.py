"""Changing how an item is made: one draft an item, checked while it is drawn, approved as a new revision."""
