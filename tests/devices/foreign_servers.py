"""Modbus servers and brokers that this project did not write, on free ports or a pair of pseudo terminals."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingTCPServer

import pytest


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_it_listens(port: int) -> None:
    """Return when somebody answers on a port; a server that starts in a thread or process of its own takes a moment."""
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            threading.Event().wait(0.01)
    raise AssertionError(f"nobody listens on {port}")


@contextmanager
def modbus_tk_server(values: dict[int, int], unit: int = 1) -> Iterator[tuple[int, object]]:
    """modbus-tk: exception 2 beyond its block of 100 registers, silence for any other unit."""
    from modbus_tk import defines, modbus_tcp

    port = free_port()
    server = modbus_tcp.TcpServer(port=port, address="127.0.0.1", timeout_in_sec=1)
    slave = _filled(server, defines, values, unit)
    server.start()
    until_it_listens(port)
    try:
        yield port, slave
    finally:
        server.stop()


@contextmanager
def umodbus_server(values: dict[int, int]) -> Iterator[int]:
    """umodbus: a route for each register, exception 2 for whatever has none."""
    from umodbus.server.tcp import RequestHandler, get_server

    class Reusing(ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    server = get_server(Reusing, ("127.0.0.1", 0), RequestHandler)

    @server.route(slave_ids=[1], function_codes=[3], addresses=list(values))
    def read(slave_id, function_code, address):
        return values[address]

    @server.route(slave_ids=[1], function_codes=[6, 16], addresses=list(values))
    def write(slave_id, function_code, address, value):
        values[address] = value

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def serial_server(values: dict[int, int], unit: int = 1) -> Iterator[tuple[str, object]]:
    """modbus-tk over a serial line; yields the path of the other end of the line."""
    import serial
    from modbus_tk import defines, modbus_rtu

    with _wire() as (near, far):
        port = serial.Serial(far, 19200, timeout=0.02)
        server = modbus_rtu.RtuServer(port, interchar_multiplier=1)
        slave = _filled(server, defines, values, unit)
        server.start()
        try:
            yield near, slave
        finally:
            server.stop()
            port.close()


@contextmanager
def broker() -> Iterator[Broker]:
    """A mosquitto of our own, which can be killed."""
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        pytest.skip("mosquitto is not here")
    one = Broker(program, free_port())
    one.start()
    try:
        yield one
    finally:
        one.kill()


class Broker:
    """A mosquitto process."""

    def __init__(self, program: str, port: int) -> None:
        self.program, self.port = program, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.process = subprocess.Popen([self.program, "-p", str(self.port)], stderr=subprocess.DEVNULL)
        until_it_listens(self.port)

    def kill(self) -> None:
        """End it at once."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def _filled(server, defines, values: dict[int, int], unit: int):
    slave = server.add_slave(unit)
    slave.add_block("h", defines.HOLDING_REGISTERS, 0, 100)
    slave.add_block("c", defines.COILS, 0, 32)
    for address, value in values.items():
        slave.set_values("h", address, [value])
    return slave


@contextmanager
def _wire() -> Iterator[tuple[str, str]]:
    """Two pseudo terminals joined back to back, as a cable joins two serial ports."""
    ends = [os.openpty(), os.openpty()]
    for master, slave in ends:
        tty.setraw(master)
        tty.setraw(slave)
    stop_out, stop_in = os.pipe()

    def carry() -> None:
        masters = [ends[0][0], ends[1][0]]
        while True:
            ready, _, _ = select.select([*masters, stop_out], [], [])
            if stop_out in ready:
                return
            for one in ready:
                os.write(masters[1 - masters.index(one)], os.read(one, 4096))

    thread = threading.Thread(target=carry, daemon=True)
    thread.start()
    try:
        yield os.ttyname(ends[0][1]), os.ttyname(ends[1][1])
    finally:
        os.write(stop_in, b"x")
        thread.join(5)
        for fd in (*ends[0], *ends[1], stop_out, stop_in):
            os.close(fd)
