"""`python -m ivr COMMAND`: everything that is done from a command line."""

from gevent import monkey

monkey.patch_all()

from psycogreen.gevent import patch_psycopg  # noqa: E402

patch_psycopg()

from ivr.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
