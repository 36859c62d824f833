"""Files from services over HTTP: asked for politely, gone on with where they broke off, looked at before they are kept.

Needs requests: a plugin that retrieves anything requires it.
"""
