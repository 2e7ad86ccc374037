"""`python -m ivr.offline`: stand-ins for OpenAI and Twilio on one port of this machine, for demos, tests and benchmarks."""

import os

# Numeric libraries read this when they are imported. More threads would take the processor from the calls under test.
os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ivr.offline.ears import load_ears
from ivr.offline.profiles import PROFILES, Waits
from ivr.offline.server import serve
from ivr.offline.stand_in import StandIn
from ivr.offline.voices import Voices

NICENESS = 5
THREADS = 2


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ivr.offline", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--ears", choices=("whisper", "known"), default="whisper", help="known finds recorded utterances by their sound")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="zero", help="how long the providers take")
    parser.add_argument("--seed", type=int, default=1, help="seed of the waits")
    parser.add_argument("--models", type=Path, help="folder with the speech models, instead of the installed packages")
    parser.add_argument("--ready-file", type=Path, help="file to write the address to once it serves")
    return parser.parse_args()


def main() -> None:
    """Load the models and serve until told to end."""
    arguments = parse_arguments()
    os.nice(NICENESS)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="speech") as pool:
        ears = load_ears(arguments.ears, arguments.models)
        stand_in = StandIn(ears, arguments.ears, Voices(arguments.models), pool, Waits(PROFILES[arguments.profile], arguments.seed))
        asyncio.run(serve(stand_in, arguments.port, arguments.ready_file))


if __name__ == "__main__":
    main()
