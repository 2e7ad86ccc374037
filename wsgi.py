"""The web process's entry: patch first, then build the application."""

from gevent import monkey

monkey.patch_all()

from psycogreen.gevent import patch_psycopg  # noqa: E402

patch_psycopg()

from ivr.app import create_app  # noqa: E402

app = create_app()
