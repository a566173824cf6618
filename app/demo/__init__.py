"""The demonstration: a refrigerator factory that runs by itself.

Everything here is a user of Gongxu: it reads its own files, speaks HTTP as a scanner does, and Modbus as a machine's
panel does. What only an installer can do is in ``app.cli.demo``.
"""
