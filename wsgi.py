"""The WSGI entry point: ``gunicorn wsgi:app``."""

from fieldops.app import create_app
from fieldops.house import open_house
from fieldops.settings import Settings
from letters.system import require_system

require_system()
app = create_app(open_house(Settings.from_env()))
