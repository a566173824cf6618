"""The life of a serialised unit."""

from app.states import moves

UNIT = moves(
    {
        "planned": "in_process scrapped",
        "in_process": "in_rework good scrapped planned",
        "in_rework": "in_process scrapped",
        "good": "shipped built_in in_process in_rework scrapped",
        "built_in": "good",
        "scrapped": "in_process in_rework good",
        "shipped": "in_service returned",
        "in_service": "returned",
        "returned": "in_rework in_service scrapped",
    }
)
