"""The work behind the pages: poller, planner and relay, and the supervisor that keeps their processes alive."""
