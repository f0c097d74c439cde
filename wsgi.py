"""The application for any WSGI server: ``waitress-serve wsgi:app``."""

from app.factory import create_app

app = create_app()
