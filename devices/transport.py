"""What a Modbus link runs over: TCP, RTU frames over TCP, a serial line, or TLS with certificates on both sides."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from devices.tags import Endpoint, Security

if TYPE_CHECKING:
    from pymodbus.client.base import ModbusBaseClient

Trace = Callable[[bool, bytes], bytes]


def client_for(endpoint: Endpoint, timeout_s: float, trace: Trace) -> ModbusBaseClient:
    """Return a client that frames only: no retries, no reconnecting. Raises OSError for a bad certificate."""
    if endpoint.framing == "rtu":
        return _serial(endpoint, timeout_s, trace)
    if endpoint.framing == "tls":
        return _secured(endpoint, timeout_s, trace)
    from pymodbus import FramerType
    from pymodbus.client import AsyncModbusTcpClient

    framer = FramerType.RTU if endpoint.framing == "rtu_over_tcp" else FramerType.SOCKET
    return AsyncModbusTcpClient(
        endpoint.host, port=endpoint.port, framer=framer, timeout=timeout_s, retries=0, reconnect_delay=0,
        trace_packet=trace,
    )  # fmt: skip


def _serial(endpoint: Endpoint, timeout_s: float, trace: Trace) -> ModbusBaseClient:
    from pymodbus import FramerType
    from pymodbus.client import AsyncModbusSerialClient

    return AsyncModbusSerialClient(
        endpoint.host, framer=FramerType.RTU, baudrate=endpoint.baud, parity=endpoint.parity,
        stopbits=endpoint.stop_bits, timeout=timeout_s, retries=0, reconnect_delay=0, trace_packet=trace,
    )  # fmt: skip


def _secured(endpoint: Endpoint, timeout_s: float, trace: Trace) -> ModbusBaseClient:
    """Modbus/TCP Security: the frames of Modbus TCP inside TLS.

    The library's own TLS framing leaves the header out and cannot take a reply that comes in two records.
    """
    from pymodbus.client import AsyncModbusTlsClient
    from pymodbus.framer import FramerSocket
    from pymodbus.pdu import DecodePDU

    client = AsyncModbusTlsClient(
        endpoint.host, port=endpoint.port, sslctx=context(endpoint.security or Security()), timeout=timeout_s,
        retries=0, reconnect_delay=0, trace_packet=trace,
    )  # fmt: skip
    client.ctx.framer = FramerSocket(DecodePDU(False))
    return client


@lru_cache(maxsize=256)
def context(security: Security) -> ssl.SSLContext:
    """Return a context that trusts only `ca` and shows our certificate; raises OSError when a file cannot be used.

    Without a name to compare, the certificate alone says who answers: machines are known by address, not by name.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = bool(security.name)
    made.load_verify_locations(security.ca)
    if security.certificate:
        made.load_cert_chain(security.certificate, security.key or None)
    return made
