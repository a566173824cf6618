"""Public benchmark files: job shop (the JSPLIB form) and flexible job shop (the form of Brandimarte and others).

Jobs, operations and machines count from 0 in the order of the file; the task of job 2, operation 0 is "2.0".
"""

from dataclasses import dataclass
from typing import NoReturn

from scheduling.errors import InvalidInstance
from scheduling.problem import Calendar, Goal, Link, Mode, Order, Problem, Resource, Task

Job = list[list[tuple[int, int]]]  # operations, each with its (machine, duration) ways
MOST_TICKS = 1 << 40


class Word(str):
    """One word of the file that knows where it stands, row and column counted from 1."""

    row: int
    column: int

    def __new__(cls, text: str, row: int, column: int) -> "Word":
        """A word at a place."""
        word = super().__new__(cls, text)
        word.row, word.column = row, column
        return word


@dataclass
class Line:
    """The words of one line, taken one after the other; what lacks is told with its place."""

    words: list[Word]
    row: int
    taken: int = 0

    def number(self, expected: str, low: int = 0, high: int = MOST_TICKS) -> int:
        """The next whole number between low and high; InvalidInstance when there is none."""
        if self.taken == len(self.words):
            self.refuse(f"{expected}, the line ends")
        word = self.words[self.taken]
        if not (word.isascii() and word.lstrip("-").isdigit() and low <= int(word) <= high):
            self.refuse(f"{expected}, found {str(word)!r}")
        self.taken += 1
        return int(word)

    def finished(self) -> None:
        """Refuse words that nobody expects."""
        if self.taken < len(self.words):
            self.refuse(f"the end of the line, found {str(self.words[self.taken])!r}")

    def refuse(self, expected: str) -> NoReturn:
        """InvalidInstance at the next word, or behind the last one."""
        last = self.words[-1] if self.words else Word("", self.row, 1)
        here = self.words[self.taken].column if self.taken < len(self.words) else last.column + len(last)
        raise InvalidInstance(row=self.row, column=here, expected=f"expected {expected}")


def read_job_shop(text: str) -> Problem:
    """A JSPLIB file as a problem whose goal is the makespan; InvalidInstance names line and column."""
    lines, jobs, machines = _start(text)
    out: list[Job] = []
    for number in range(jobs):
        line = _next(lines, text, f"job {number} of {jobs}")
        job: Job = []
        for _ in range(machines):
            machine = line.number(f"a machine from 0 to {machines - 1}", 0, machines - 1)
            job.append([(machine, line.number("a duration"))])
        line.finished()
        out.append(job)
    _nothing_left(lines)
    return _problem(out, machines)


def read_flexible(text: str) -> tuple[Problem, int]:
    """A flexible job shop file as a problem, and the number its machines count from, told by the data."""
    lines, jobs, machines = _start(text)
    out: list[Job] = []
    seen: set[int] = set()
    for number in range(jobs):
        line = _next(lines, text, f"job {number} of {jobs}")
        out.append(_flexible_job(line, machines, seen))
    _nothing_left(lines)
    base = 0 if 0 in seen else 1
    shifted = [[[(machine - base, ticks) for machine, ticks in ways] for ways in job] for job in out]
    return _problem(shifted, machines), base


def _flexible_job(line: Line, machines: int, seen: set[int]) -> Job:
    job: Job = []
    for _ in range(line.number("a number of operations")):
        ways: dict[int, int] = {}
        for _ in range(line.number("a number of machines", 1, machines)):
            low, high = (1 if machines in seen else 0), (machines - 1 if 0 in seen else machines)
            machine = line.number(f"a machine from {low} to {high}", low, high)
            seen.add(machine)
            ways[machine] = min(line.number("a duration"), ways.get(machine, MOST_TICKS))
        job.append(sorted(ways.items()))
    line.finished()
    return job


def _start(text: str) -> tuple[list[Line], int, int]:
    """All lines with words, the first one read: jobs, machines and maybe an average nobody needs."""
    lines = []
    for row, content in enumerate(text.splitlines(), 1):
        line = Line(_words(content, row), row)
        if line.words and not content.lstrip().startswith("#"):
            lines.append(line)
    head = _next(lines, text, "the numbers of jobs and machines")
    jobs, machines = head.number("a number of jobs"), head.number("a number of machines")
    if len(head.words) == 3 and head.words[2].replace(".", "", 1).isdigit():
        head.taken = 3
    head.finished()
    return lines, jobs, machines


def _words(content: str, row: int) -> list[Word]:
    out, column = [], 0
    for word in content.split():
        column = content.index(word, column)
        out.append(Word(word, row, column + 1))
        column += len(word)
    return out


def _next(lines: list[Line], text: str, expected: str) -> Line:
    if not lines:
        raise InvalidInstance(row=len(text.splitlines()) + 1, column=1, expected=f"expected {expected}, the file ends")
    return lines.pop(0)


def _nothing_left(lines: list[Line]) -> None:
    if lines:
        lines[0].refuse(f"the end of the file, found {str(lines[0].words[0])!r}")


def _problem(jobs: list[Job], machines: int) -> Problem:
    horizon = max(1, sum(max(ticks for _, ticks in ways) for job in jobs for ways in job))
    tasks = tuple(
        Task(f"{j}.{o}", str(j), tuple(Mode(str(machine), ticks) for machine, ticks in ways))
        for j, job in enumerate(jobs)
        for o, ways in enumerate(job)
    )
    return Problem(
        now=0,
        horizon=horizon,
        calendars=(Calendar("always", ((0, horizon),), repeat=horizon),),
        resources=tuple(Resource(str(machine), "always") for machine in range(machines)),
        orders=tuple(Order(str(j)) for j in range(len(jobs))),
        tasks=tasks,
        links=tuple(Link(f"{j}.{o - 1}", f"{j}.{o}") for j, job in enumerate(jobs) for o in range(1, len(job))),
        tick_s=60,
        goal=Goal(tardiness=0, makespan=1),
    )
