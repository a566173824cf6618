"""The devices room: machines, their values, limits upstream, bar codes and vision."""
