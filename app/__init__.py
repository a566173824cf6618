"""The Flask application: tables, transactions, pages and words around the four pure rooms.

The factory lives in ``app.factory``, so that models can be imported without loading any page.
"""
