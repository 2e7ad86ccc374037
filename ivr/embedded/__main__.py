"""The command line of the embedded servers: `supervise` is their own, `clean FOLDER` is for the Makefile."""

import sys
from pathlib import Path

from ivr.embedded import EmbeddedError, clean
from ivr.embedded.folder import Folder
from ivr.embedded.supervisor import supervise


def main(arguments: list[str]) -> int:
    """Run one command; every expected failure is one line and exit status 1."""
    try:
        match arguments:
            case ["supervise", run_dir, descriptor]:
                supervise(Folder(Path(run_dir)), int(descriptor))
            case ["clean", run_dir]:
                clean(Path(run_dir))
            case _:
                print("usage: python -m ivr.embedded clean FOLDER", file=sys.stderr)
                return 2
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


sys.exit(main(sys.argv[1:]))
