"""The blueprint that the pages about orders share."""

from flask import Blueprint

pages = Blueprint("orders", __name__)
