"""The devices room: machines, their values, limits upstream, bar codes and vision.

A register map in YAML (`tagmap.load`) says where a device answers and what its registers mean. `Poller` reads the
maps, one task per link, and hands batches of samples, state edges, piece counts and limit reports to a sink;
`Poller.limit` and `Poller.write` go the other way and are read back. `throttle.decide` is the pure rule that says
when upstream waits; `line.simulate` shows what that rule costs before it is used. `Plant` runs virtual machines that
speak real Modbus TCP. `vision` reads codes in pictures.
`python -m devices lint|simulate|probe|write|decode` does each of these by hand.

The room imports neither the web shell nor the database, and pymodbus only where it is used.
"""
