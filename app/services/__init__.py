"""Change: one function an action, each inside ``with transaction():``, with an explicit actor and time."""
