"""What this room refuses.

    QualityError
    ├── BadCharacteristic    bad_characteristic    limits that contradict each other, or do not fit the kind
    ├── BadMeasurement       bad_measurement       no number, NaN or infinite, or no yes or no
    ├── WrongUnit            wrong_unit            measured in another unit than the limits are in
    ├── DispositionRefused   disposition_refused   not possible in the state of the piece or lot
    ├── MoveRefused          move_refused          not possible in the state of the nonconformance
    ├── BadElement           bad_element           a time or quantity below zero, NaN or infinite
    ├── BadSeries            bad_series            too few or unequal values for a control chart
    ├── BadSampling          bad_sampling          a lot, level or AQL that the sampling tables do not have
    ├── BadSample            bad_sample            more or fewer values than the sample has pieces
    ├── BadComplaints        bad_complaints        a factor without one level for each unit
    └── BadFile              bad_file              a file that cannot be read, with line and column

An error carries a `code` and named `values`; the words a user reads are made elsewhere.
`str()` gives one plain English line for the command line and the log.
"""

from typing import ClassVar


class QualityError(Exception):
    """Base of everything this room refuses: a code and named values."""

    code: ClassVar[str] = "quality_error"
    line: ClassVar[str] = "refused"

    def __init__(self, **values: object) -> None:
        """Keep the named values; `str()` puts them into the class's line."""
        super().__init__(values)
        self.values = values

    def __str__(self) -> str:
        """Return one English line."""
        return self.line.format(**self.values)


class BadCharacteristic(QualityError):
    code = "bad_characteristic"
    line = "the characteristic {key!r} cannot stand: {reason}"


class BadMeasurement(QualityError):
    code = "bad_measurement"
    line = "{key}: {value!r} is no measurement: {reason}"


class WrongUnit(QualityError):
    code = "wrong_unit"
    line = "{key} is measured in {expected!r}, not in {unit!r}"


class DispositionRefused(QualityError):
    code = "disposition_refused"
    line = "a {subject} that is {state} cannot be given the disposition {disposition!r}; possible: {allowed}"


class MoveRefused(QualityError):
    code = "move_refused"
    line = "a nonconformance that is {state} has no move {move!r}; possible: {allowed}"


class BadElement(QualityError):
    code = "bad_element"
    line = "{name} cannot be {value}"


class BadSeries(QualityError):
    code = "bad_series"
    line = "no control chart: {reason} ({value})"


class BadSampling(QualityError):
    code = "bad_sampling"
    line = "the sampling tables have no {reason} {value}"


class BadSample(QualityError):
    code = "bad_sample"
    line = "{key}: {given} values for {wanted} pieces"


class BadComplaints(QualityError):
    code = "bad_complaints"
    line = "the factor {factor!r} has {levels} levels for {units} units"


class BadFile(QualityError):
    code = "bad_file"
    line = "line {line}, column {column}: {reason} {value!r}"
