"""The throttling signal as registers: one command block written by one function 16, one answer block read back.

Command, consecutive holding registers: layout version, sequence, mode (0 run, 1 limit, 2 hold), rate per mille,
lease in s, heartbeat, source station number, checksum. Answer: sequence acknowledged, effective mode, effective
rate per mille, local override (0/1), heartbeat of the machine. A lease makes silence mean "run": a server that
dies must not leave a line standing. This is advice to a machine, never a safety function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from devices.errors import BadBlock

LAYOUT: Final = 1
COMMAND_WORDS: Final = 8
ANSWER_WORDS: Final = 5
MODES: Final = ("run", "limit", "hold")
MASK: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Command:
    """What the server asks of a machine: mode run|limit|hold, rate per mille, lease in s."""

    sequence: int
    mode: str
    rate_permille: int
    lease_s: int
    heartbeat: int
    source: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine says it does: acknowledged sequence, effective mode and rate, local override, heartbeat."""

    sequence: int
    mode: str
    rate_permille: int
    override: bool
    heartbeat: int


def checksum(words: Sequence[int]) -> int:
    """Return the inverted sum of the words weighted by position, modulo 2^16; all zeros is never valid."""
    return ~sum(i * word for i, word in enumerate(words, 1)) & MASK


def encode_command(command: Command) -> list[int]:
    """Return the eight registers of a command; raises BadBlock when a field does not fit."""
    if command.mode not in MODES or not 0 <= command.rate_permille <= 1000:
        raise BadBlock("limit_fields", mode=command.mode, rate_permille=command.rate_permille)
    body = [LAYOUT, command.sequence, MODES.index(command.mode), command.rate_permille]
    body += [command.lease_s, command.heartbeat, command.source]
    if any(not 0 <= word <= MASK for word in body):
        raise BadBlock("limit_fields", words=body)
    return [*body, checksum(body)]


def decode_command(words: Sequence[int]) -> Command:
    """Return the command in eight registers; raises BadBlock on length, version, checksum, mode or rate."""
    if len(words) != COMMAND_WORDS or words[0] != LAYOUT:
        raise BadBlock("limit_layout", words=list(words))
    if words[-1] != checksum(words[:-1]):
        raise BadBlock("limit_checksum", words=list(words))
    if words[2] >= len(MODES) or words[3] > 1000:
        raise BadBlock("limit_fields", words=list(words))
    return Command(words[1], MODES[words[2]], words[3], words[4], words[5], words[6])


def encode_answer(answer: Answer) -> list[int]:
    """Return the five registers of an answer."""
    return [answer.sequence, MODES.index(answer.mode), answer.rate_permille, int(answer.override), answer.heartbeat]


def decode_answer(words: Sequence[int]) -> Answer:
    """Return the answer in five registers; raises BadBlock on length, mode or rate."""
    if len(words) != ANSWER_WORDS or words[1] >= len(MODES) or words[2] > 1000:
        raise BadBlock("limit_answer", words=list(words))
    return Answer(words[0], MODES[words[1]], words[2], bool(words[3]), words[4])


def next_number(number: int) -> int:
    """Return the number after this one, wrapping from 65535 to 1: 0 means "never commanded"."""
    return number % MASK + 1
