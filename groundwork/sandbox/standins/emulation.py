"""The process of the emulated AWS API: `python -m groundwork.sandbox.standins.emulation SETTINGS.json`.

It is not the stand-ins' own process, since both compute a lot and Python does so on one core at a time. Its state is
in memory only: whoever finds it dead has lost everything that the program made on AWS.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from dataclasses import asdict
from pathlib import Path

from groundwork.sandbox.standins.arrangement import Arrangement, Emulation, emulation_file, write_json
from groundwork.sandbox.standins.lifetime import end_without, ending


def main() -> None:
    """Serve until told to end."""
    started = time.monotonic()
    end = ending()
    arrangement = Arrangement.read(Path(sys.argv[1]))
    end_without(arrangement.paths.root)

    from groundwork.sandbox.standins.aws.moto import start_moto

    moto = start_moto(arrangement.account_id, arrangement.region, networks=arrangement.networks)
    seconds = round(time.monotonic() - started, 2)
    told = Emulation(os.getpid(), moto.url, seconds, secrets.token_hex(8))
    write_json(emulation_file(arrangement.paths), asdict(told))
    end.wait()
    os._exit(0)  # its threads serve until the last connection is closed


if __name__ == "__main__":
    main()
