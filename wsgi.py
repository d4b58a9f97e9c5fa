"""The WSGI entry point: ``gunicorn wsgi:app``."""

from fieldops.app import create_app
from fieldops.house import open_house
from fieldops.settings import Settings

app = create_app(open_house(Settings.from_env()))
