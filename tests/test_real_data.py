"""Published archives: fetched once, checked each time, refused when they are not right.

Nothing here asks the network for anything: a server on this machine hands out small
files of the published form, and every way in which a download goes wrong.
"""

import contextlib
import hashlib
import http.server
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pooch
import pytest
import requests

from mnist_tutorial import real_data
from mnist_tutorial.errors import InputError
from mnist_tutorial.real_data import (
    load_gtsrb,
    load_medmnist,
    read_gtsrb,
    read_medmnist,
)

BOOK = Path(real_data.__file__).parents[1] / "book"

# --- small files of the published form ---------------------------------------------

SIZES = {"train": 9, "val": 4, "test": 5}


def medmnist_arrays(channels=3):
    """The six arrays of a MedMNIST file; random images, labels as published."""
    random = np.random.default_rng(0)
    shape = (28, 28, 3) if channels == 3 else (28, 28)
    arrays = {}
    for part, count in SIZES.items():
        images = random.integers(0, 256, (count, *shape), dtype=np.uint8)
        arrays[f"{part}_images"] = images
        labels = random.integers(0, 7, (count, 1), dtype=np.uint8)
        arrays[f"{part}_labels"] = labels
    return arrays


def npz_bytes(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


MEDMNIST = npz_bytes(medmnist_arrays())


def ppm(pixels):
    """Encode (h, w, 3) bytes as a binary PPM, by its definition."""
    height, width, _ = pixels.shape
    return b"P6\n%d %d\n255\n" % (width, height) + pixels.astype(np.uint8).tobytes()


# Classes, their tracks, and how many images each track has.
SIGNS = {0: {0: 3, 1: 2}, 7: {0: 2}, 42: {0: 1, 3: 4}}
HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"


def colour(label, track, image):
    """One colour for each image, so that none can be taken for another."""
    return np.array([label * 5, track * 60, image * 50], dtype=np.uint8)


def gtsrb_files(top="GTSRB/Training/"):
    """The members of a small training archive, by name."""
    files = {"GTSRB/Readme-Images.txt": b"about the images"}
    for label, tracks in SIGNS.items():
        folder, rows = f"{top}{label:05d}/", [HEADER]
        for track, count in tracks.items():
            for image in range(count):
                name = f"{track:05d}_{image:05d}.ppm"
                height, width = 15 + 4 * image, 17 + track
                pixels = np.broadcast_to(
                    colour(label, track, image), (height, width, 3)
                )
                files[folder + name] = ppm(pixels)
                rows.append(f"{name};{width};{height};5;5;12;12;{label}")
        files[f"{folder}GT-{label:05d}.csv"] = ("\r\n".join(rows) + "\r\n").encode()
    return files


def zip_bytes(files, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


GTSRB = zip_bytes(gtsrb_files())
TABLE = "GTSRB/Training/00007/GT-00007.csv"


def md5(content):
    return hashlib.md5(content).hexdigest()


# --- a server that does what it is told --------------------------------------------


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.answer(self)

    def log_message(self, *_):
        pass


def send(content, promised=None, status=200):
    """Answer with ``content``; ``promised`` bytes are announced."""

    def answer(request):
        request.send_response(status)
        length = len(content) if promised is None else promised
        request.send_header("Content-Length", str(length))
        request.end_headers()
        request.wfile.write(content)

    return answer


@pytest.fixture
def server(monkeypatch):
    """A server that counts its requests; ``server.answer`` says what it does."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.requests = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def published(server, monkeypatch):
    """Put the small files in the place of the published ones."""
    contents = {"dermamnist": MEDMNIST, "pneumoniamnist": None, "gtsrb": GTSRB}
    contents["pneumoniamnist"] = npz_bytes(medmnist_arrays(channels=1))
    archives = {
        name: archive._replace(
            url=f"{server.url}/{archive.file_name}?download=1", md5=md5(contents[name])
        )
        for name, archive in real_data.ARCHIVES.items()
    }
    monkeypatch.setattr(real_data, "ARCHIVES", archives)
    by_path = {
        f"/{archives[name].file_name}?download=1": contents[name] for name in archives
    }
    server.answer = lambda request: send(by_path[request.path])(request)
    return archives


@pytest.fixture
def offline(published, monkeypatch):
    """Addresses at which nobody answers."""
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as closed:
        port = closed.server_port
    for name, archive in list(published.items()):
        url = f"http://127.0.0.1:{port}/{archive.file_name}"
        published[name] = archive._replace(url=url)
    return published


def contents(folder):
    """Everything in a folder, by name, hidden files too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_a_line(error):
    assert "\n" not in str(error)


# --- what is published -------------------------------------------------------------


def test_addresses_and_checksums_are_those_that_are_published():
    """Copied by hand from medmnist 3.0.2 (info.py) and torchvision (gtsrb.py)."""
    zenodo = "https://zenodo.org/records/10519652/files/"
    erda = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
    assert real_data.ARCHIVES == {
        "dermamnist": (
            f"{zenodo}dermamnist.npz?download=1",
            "dermamnist.npz",
            "0744692d530f8e62ec473284d019b0c7",
        ),
        "pneumoniamnist": (
            f"{zenodo}pneumoniamnist.npz?download=1",
            "pneumoniamnist.npz",
            "28209eda62fecd6e6a2d98b1501bb15f",
        ),
        "gtsrb": (
            f"{erda}GTSRB-Training_fixed.zip",
            "GTSRB-Training_fixed.zip",
            "513f3c79a4c5141765e10e952eaa2478",
        ),
    }


def test_labels_have_names():
    assert {name: len(c) for name, c in real_data.MEDMNIST_CLASSES.items()} == {
        "dermamnist": 7,
        "pneumoniamnist": 2,
    }
    assert real_data.MEDMNIST_CLASSES["dermamnist"][4] == "melanoma"
    assert real_data.MEDMNIST_CLASSES["pneumoniamnist"][1] == "pneumonia"


def test_no_page_downloads_anything():
    for path in (BOOK / "zh").rglob("*.ipynb"):  # the code is the same in both trees
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                assert "load_medmnist(" not in source, (path, cell["id"])
                assert "load_gtsrb(" not in source, (path, cell["id"])


# --- fetching ----------------------------------------------------------------------


def assert_is_medmnist(loaded, arrays, channels):
    for (x, y), part in zip(loaded, SIZES, strict=True):
        assert x.dtype == np.float32
        assert x.shape == (SIZES[part], 28, 28, channels)
        raw = arrays[f"{part}_images"].reshape(x.shape)
        np.testing.assert_allclose(x * 255, raw, atol=1e-4)
        assert y.dtype == np.int64
        np.testing.assert_array_equal(y, arrays[f"{part}_labels"][:, 0])


@pytest.mark.parametrize(
    ("name", "channels"), [("dermamnist", 3), ("pneumoniamnist", 1)]
)
def test_the_first_time_fetches_and_later_ones_do_not(
    published, server, tmp_path, name, channels
):
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        loaded = load_medmnist(name, folder=folder)
        assert_is_medmnist(loaded, medmnist_arrays(channels), channels)
    assert server.requests == [f"/{name}.npz?download=1"]
    assert list(contents(folder)) == [f"{name}.npz"]


def test_traffic_signs_are_fetched_once_and_not_unpacked(published, server, tmp_path):
    first, again = (load_gtsrb(folder=str(tmp_path), size=16) for _ in range(2))
    np.testing.assert_array_equal(first.images, again.images)
    assert first.images.shape == (12, 16, 16, 3)
    assert contents(tmp_path) == {"GTSRB-Training_fixed.zip": GTSRB}
    assert len(server.requests) == 1


def test_without_a_folder_the_users_cache_is_used(published, tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    load_medmnist("dermamnist")
    assert contents(tmp_path) == {"cache/mnist-tutorial/dermamnist.npz": MEDMNIST}


def test_a_home_folder_is_understood(published, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    load_medmnist("dermamnist", folder="~/data")
    assert contents(tmp_path) == {"data/dermamnist.npz": MEDMNIST}


def test_other_users_of_a_shared_folder_may_read_the_download(published, tmp_path):
    load_medmnist("dermamnist", folder=tmp_path)
    mode = (tmp_path / "dermamnist.npz").stat().st_mode
    assert stat.S_IMODE(mode) == 0o644


def test_a_file_put_there_by_hand_needs_no_network(offline, tmp_path):
    (tmp_path / "dermamnist.npz").write_bytes(MEDMNIST)
    (tmp_path / "dermamnist.npz").chmod(0o600)
    loaded = load_medmnist("dermamnist", folder=tmp_path)
    assert_is_medmnist(loaded, medmnist_arrays(), 3)
    mode = (tmp_path / "dermamnist.npz").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600, "somebody else's file is left as it is"


def test_an_altered_copy_is_replaced_by_a_good_one(published, server, tmp_path):
    path = tmp_path / "dermamnist.npz"
    path.write_bytes(MEDMNIST[: len(MEDMNIST) // 2])
    assert_is_medmnist(
        load_medmnist("dermamnist", folder=tmp_path), medmnist_arrays(), 3
    )
    assert contents(tmp_path) == {"dermamnist.npz": MEDMNIST}
    # Altered again, between two calls of one process: no check is remembered.
    path.write_bytes(MEDMNIST[:-1] + b"?")
    load_medmnist("dermamnist", folder=tmp_path)
    assert contents(tmp_path) == {"dermamnist.npz": MEDMNIST}
    assert len(server.requests) == 2


# --- downloads that go wrong -------------------------------------------------------

OTHER = npz_bytes(medmnist_arrays(channels=1))  # a good file, but not the published one

FAILURES = {
    "breaks off": (send(MEDMNIST[:500], promised=len(MEDMNIST)), ConnectionError),
    "is not there": (send(b"gone", status=404), ConnectionError),
    "server is out of order": (send(b"", status=503), ConnectionError),
    "has another content": (send(OTHER), InputError),
    "is truncated": (send(MEDMNIST[:500]), InputError),
    "is a login page": (send(b"<html>Log in to the hotel</html>"), InputError),
    "is empty": (send(b""), InputError),
}


@pytest.fixture(params=FAILURES)
def failure(request, published, server):
    server.answer, error = FAILURES[request.param]
    return error


@pytest.mark.parametrize("old", [None, b"an altered copy", b""])
def test_a_failed_download_leaves_the_folder_as_it_was(failure, tmp_path, old):
    path = tmp_path / "dermamnist.npz"
    if old is not None:
        path.write_bytes(old)
    (tmp_path / "my_notes.txt").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(failure) as caught:
        load_medmnist("dermamnist", folder=tmp_path)
    assert contents(tmp_path) == before
    message = str(caught.value)
    assert real_data.ARCHIVES["dermamnist"].url in message
    assert f"save it as {path}" in message
    assert md5(MEDMNIST) in message
    assert_a_line(message)


def test_a_failed_download_of_signs_leaves_nothing(failure, tmp_path):
    with pytest.raises(failure, match="GTSRB-Training_fixed.zip"):
        load_gtsrb(folder=tmp_path)
    assert contents(tmp_path) == {}


def test_a_good_copy_outlives_a_bad_server(failure, server, tmp_path):
    (tmp_path / "dermamnist.npz").write_bytes(MEDMNIST)
    load_medmnist("dermamnist", folder=tmp_path)
    assert contents(tmp_path) == {"dermamnist.npz": MEDMNIST}
    assert server.requests == []


def test_offline_says_what_was_tried_and_what_to_do(offline, tmp_path):
    with pytest.raises(ConnectionError) as caught:
        load_medmnist("dermamnist", folder=tmp_path)
    message = str(caught.value)
    url = offline["dermamnist"].url
    path = tmp_path / "dermamnist.npz"
    assert f"could not be fetched from {url}" in message
    assert f"fetch {url} elsewhere" in message
    assert f"save it as {path} (MD5 {md5(MEDMNIST)})" in message
    assert "another checksum" not in message
    assert_a_line(message)
    assert contents(tmp_path) == {}


def test_offline_with_an_altered_copy_says_that_too(offline, tmp_path):
    path = tmp_path / "dermamnist.npz"
    path.write_bytes(OTHER)
    with pytest.raises(ConnectionError) as caught:
        load_medmnist("dermamnist", folder=tmp_path)
    assert f"The copy in {path} has another checksum" in str(caught.value)
    assert contents(tmp_path) == {"dermamnist.npz": OTHER}


def test_what_the_checksum_says_is_said(published, server, tmp_path):
    server.answer = send(OTHER)
    with pytest.raises(InputError, match=md5(OTHER)):
        load_medmnist("dermamnist", folder=tmp_path)


def test_an_interruption_leaves_nothing(published, tmp_path, monkeypatch):
    def interrupted(self, url, output_file, pooch):
        Path(output_file).write_bytes(MEDMNIST[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_medmnist("dermamnist", folder=tmp_path)
    assert contents(tmp_path) == {}


def test_a_full_disk_is_no_matter_of_the_network(published, tmp_path, monkeypatch):
    def full(self, url, output_file, pooch):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    with pytest.raises(InputError, match="No space left on device") as caught:
        load_medmnist("dermamnist", folder=tmp_path)
    assert "pass another as folder=" in str(caught.value)
    assert contents(tmp_path) == {}


def test_a_file_in_the_place_of_the_folder_is_refused(published, server, tmp_path):
    folder = tmp_path / "data"
    folder.write_text("mine")
    with pytest.raises(InputError) as caught:
        load_medmnist("dermamnist", folder=folder)
    assert str(folder) in str(caught.value)
    assert_a_line(caught.value)
    assert folder.read_text() == "mine"
    assert server.requests == []


@pytest.fixture
def read_only_folder():
    """A folder that an ordinary user can read and cannot write to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextlib.contextmanager
def ordinary_user():
    """Give up the power to write anywhere, where tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_folder_is_refused(published, server, read_only_folder):
    with ordinary_user(), pytest.raises(InputError) as caught:
        load_medmnist("dermamnist", folder=read_only_folder)
    assert str(read_only_folder) in str(caught.value)
    assert "pass another as folder=" in str(caught.value)
    assert_a_line(caught.value)
    assert server.requests == []
    assert contents(read_only_folder) == {}


def test_a_good_copy_in_a_read_only_folder_is_enough(offline, read_only_folder):
    read_only_folder.chmod(0o755)
    (read_only_folder / "dermamnist.npz").write_bytes(MEDMNIST)
    read_only_folder.chmod(0o555)
    with ordinary_user():
        loaded = load_medmnist("dermamnist", folder=read_only_folder)
    assert_is_medmnist(loaded, medmnist_arrays(), 3)


PROGRAM = """
import sys
from mnist_tutorial import real_data
url, md5, folder = sys.argv[1:]
real_data.ARCHIVES["dermamnist"] = real_data.Archive(url, "dermamnist.npz", md5)
(x, y), _, _ = real_data.load_medmnist("dermamnist", folder=folder)
print(*y)
"""


def test_two_processes_at_once_do_not_disturb_each_other(server, tmp_path):
    both = threading.Barrier(2, timeout=60)

    def answer(request):
        request.send_response(200)
        request.send_header("Content-Length", str(len(MEDMNIST)))
        request.end_headers()
        request.wfile.write(MEDMNIST[:500])
        both.wait()  # each has half of it, and the other has too
        request.wfile.write(MEDMNIST[500:])

    server.answer = answer
    folder = tmp_path / "shared"
    arguments = [f"{server.url}/dermamnist.npz", md5(MEDMNIST), str(folder)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    labels = " ".join(str(y) for y in medmnist_arrays()["train_labels"][:, 0])
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert output.strip() == labels
    assert len(server.requests) == 2
    assert contents(folder) == {"dermamnist.npz": MEDMNIST}


@pytest.mark.parametrize("name", ["DermaMNIST", "gtsrb", "mnist", "", None])
def test_an_unknown_name_is_refused(published, server, tmp_path, name):
    with pytest.raises(InputError) as caught:
        load_medmnist(name, folder=tmp_path)
    expected = f"name must be dermamnist or pneumoniamnist, got {name!r}"
    assert str(caught.value) == expected
    assert server.requests == []


# --- MedMNIST's format -------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """Save bytes or arrays to a file and return its path."""

    def save(content, name="made.npz"):
        path = tmp_path / name
        path.write_bytes(npz_bytes(content) if isinstance(content, dict) else content)
        return path

    return save


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("flat_labels", [False, True])
def test_a_file_of_ones_own_is_read(saved, channels, flat_labels):
    arrays = medmnist_arrays(channels)
    made = dict(arrays, extra=np.arange(3))
    if flat_labels:
        for part in SIZES:
            made[f"{part}_labels"] = arrays[f"{part}_labels"][:, 0].astype(np.int32)
    assert_is_medmnist(read_medmnist(saved(made)), arrays, channels)


def without(name):
    arrays = medmnist_arrays()
    del arrays[name]
    return arrays


def changed(name, value):
    return dict(medmnist_arrays(), **{name: value})


class _Trap:
    """Leave a mark if it is ever unpickled."""

    sprung = False

    def __reduce__(self):
        return (setattr, (_Trap, "sprung", True))


TRAP = np.array([_Trap()], dtype=object)

WRONG_MEDMNIST = {
    "empty": (b"", "expected an .npz file"),
    "text": (b"not a file of arrays", "expected an .npz file"),
    "truncated": (MEDMNIST[:-200], "expected an .npz file"),
    "one array": (MEDMNIST[:128], "expected an .npz file"),
    "damaged": (
        MEDMNIST[:2000] + bytes(200) + MEDMNIST[2200:],
        "expected an .npz file",
    ),
    "no labels": (without("val_labels"), "val_labels missing"),
    "no images": (without("test_images"), "test_images missing"),
    "pickled": (changed("val_labels", TRAP), "expected an .npz file"),
    "float images": (
        changed("train_images", np.zeros((9, 28, 28, 3))),
        "train_images must be uint8",
    ),
    "larger images": (
        changed("val_images", np.zeros((4, 64, 64, 3), np.uint8)),
        r"got uint8 of shape \(4, 64, 64, 3\)",
    ),
    "volumes": (
        changed("val_images", np.zeros((4, 28, 28, 28), np.uint8)),
        "val_images must be uint8",
    ),
    "no picture": (
        changed("test_images", np.zeros((0, 28, 28, 3), np.uint8)),
        "test_images must be uint8",
    ),
    "too few labels": (
        changed("test_labels", np.zeros((4, 1), np.uint8)),
        r"test_labels must hold one label for each of 5 images, got shape \(4, 1\)",
    ),
    "several labels": (
        changed("test_labels", np.zeros((5, 14), np.uint8)),
        "test_labels must hold one label",
    ),
    "labels with a fraction": (
        changed("train_labels", np.full((9, 1), 0.5)),
        "train_labels must be whole numbers",
    ),
    "negative labels": (
        changed("train_labels", np.full((9, 1), -1)),
        "whole numbers from 0 to 2.*63 - 1, got int64 from -1 to -1",
    ),
    "labels that wrap around": (
        changed("train_labels", np.full((9, 1), 2**63, np.uint64)),
        "got uint64 from 9223372036854775808 to",
    ),
    "labels in letters": (
        changed("val_labels", np.full((4, 1), "a")),
        "val_labels must be whole numbers from 0, got <U1",
    ),
    "labels in bytes": (
        changed("val_labels", np.full((4, 1), b"a")),
        r"val_labels must be whole numbers from 0, got \|S1",
    ),
    "labels with names": (
        changed("test_labels", np.zeros((5, 1), [("label", np.uint8)])),
        r"test_labels must be whole numbers from 0, got \[\('label'",
    ),
}


@pytest.mark.parametrize("case", WRONG_MEDMNIST)
def test_a_wrong_medmnist_file_is_refused(saved, case):
    content, expected = WRONG_MEDMNIST[case]
    path = saved(content)
    with pytest.raises(InputError, match=expected) as caught:
        read_medmnist(path)
    assert str(path) in str(caught.value)
    assert_a_line(caught.value)
    assert not _Trap.sprung


def test_a_single_array_is_no_archive(tmp_path):
    path = tmp_path / "one.npy"
    np.save(path, np.zeros(3))
    with pytest.raises(InputError, match="expected an .npz file"):
        read_medmnist(path)


@pytest.mark.parametrize("read", [read_medmnist, read_gtsrb])
def test_what_is_no_file_is_refused(tmp_path, read):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "missing.zip")
    with pytest.raises(InputError, match="got a directory"):
        read(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "pipe")


# --- GTSRB's format ----------------------------------------------------------------


@pytest.mark.parametrize("top", ["GTSRB/Training/", "GTSRB/Final_Training/Images/", ""])
def test_every_image_has_its_class_and_its_track(saved, top):
    signs = read_gtsrb(saved(zip_bytes(gtsrb_files(top))), size=20)
    assert signs.images.shape == (12, 20, 20, 3)
    assert signs.images.dtype == np.float32
    assert signs.labels.dtype == signs.tracks.dtype == np.int64
    expected = [
        (label, number, colour(label, track, image))
        for number, (label, track, count) in enumerate(
            (label, track, count)
            for label, tracks in SIGNS.items()
            for track, count in tracks.items()
        )
        for image in range(count)
    ]
    assert signs.labels.tolist() == [label for label, _, _ in expected]
    assert signs.tracks.tolist() == [number for _, number, _ in expected]
    for image, (_, _, shade) in zip(signs.images, expected, strict=True):
        np.testing.assert_allclose(image * 255, np.broadcast_to(shade, image.shape))


def test_images_are_scaled_whole_and_keep_their_orientation(saved):
    """Red grows to the right, green downwards: shrinking keeps both straight.

    Blue is a chessboard of single pixels, which shrinks to grey: all are seen.
    """
    files = gtsrb_files()
    rows, columns = np.indices((120, 160))
    pixels = np.stack([columns, 2 * rows, (rows + columns) % 2 * 255], axis=-1)
    files["GTSRB/Training/00007/00000_00000.ppm"] = ppm(pixels)
    signs = read_gtsrb(saved(zip_bytes(files)), size=40)
    image = signs.images[signs.labels == 7][0] * 255
    inner = slice(1, -1)  # at the border the pixels outside are missing
    centres = np.arange(40) * 4 + 1.5
    np.testing.assert_allclose(
        image[:, inner, 0], np.tile(centres[inner], (40, 1)), atol=1
    )
    centres = (np.arange(40) * 3 + 1) * 2
    np.testing.assert_allclose(
        image[inner, :, 1], np.tile(centres[inner, None], (1, 40)), atol=1
    )
    np.testing.assert_allclose(image[inner, inner, 2], 127.5, atol=5)


def test_an_image_without_a_line_is_left_out(saved):
    files = gtsrb_files()
    lines = files[TABLE].splitlines(keepends=True)
    files[TABLE] = b"".join([lines[0], lines[2]])
    signs = read_gtsrb(saved(zip_bytes(files)))
    assert np.bincount(signs.labels)[[0, 7, 42]].tolist() == [5, 1, 5]


def with_table(text):
    return zip_bytes(dict(gtsrb_files(), **{TABLE: text.encode()}))


def with_line(line):
    return with_table(f"{HEADER}\n00000_00000.ppm;17;15;5;5;12;12;7\n{line}\n")


IMAGE = "GTSRB/Training/00007/00000_00001.ppm"
WRONG_LINES = {
    "another folder": ("../00000/00000_00000.ppm;17;15;5;5;12;12;7", "Filename must"),
    "an absolute path": ("/etc/passwd;17;15;5;5;12;12;7", "Filename must"),
    "another format": ("00000_00001.png;17;15;5;5;12;12;7", "Filename must"),
    "no name": (";17;15;5;5;12;12;7", "Filename must"),
    "no class": ("00000_00001.ppm;17;15;5;5;12;12", "ClassId must be 7"),
    "an empty class": ("00000_00001.ppm;17;15;5;5;12;12;", "ClassId must be 7"),
    "another class": ("00000_00001.ppm;17;15;5;5;12;12;8", "ClassId must be 7"),
    "class in words": ("00000_00001.ppm;17;15;5;5;12;12;seven", "ClassId must be 7"),
    "a class of 5,000 digits": (
        f"00000_00001.ppm;17;15;5;5;12;12;{7:05000}",
        "ClassId must be 7",
    ),
    "class in other digits": ("00000_00001.ppm;17;15;5;5;12;12;٧", "ClassId must be 7"),
    "an image a second time": (
        "00000_00000.ppm;17;15;5;5;12;12;7",
        "00000_00000.ppm is listed a second time",
    ),
    "an absent image": (
        "00000_00009.ppm;17;15;5;5;12;12;7",
        "00000_00009.ppm is listed",
    ),
}


@pytest.mark.parametrize("case", WRONG_LINES)
def test_a_wrong_line_is_named(saved, case):
    line, expected = WRONG_LINES[case]
    path = saved(with_line(line))
    with pytest.raises(InputError) as caught:
        read_gtsrb(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: {TABLE}, line 3: {expected}")
    assert_a_line(message)


def test_a_class_may_be_written_with_zeros(saved):
    signs = read_gtsrb(saved(with_line("00000_00001.ppm;17;15;5;5;12;12;00007")))
    assert np.count_nonzero(signs.labels == 7) == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_table_that_is_there_twice_is_read_once(saved):
    path = saved(GTSRB)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(TABLE, gtsrb_files()[TABLE])
    assert len(read_gtsrb(path).labels) == 12


def test_blank_lines_are_no_lines(saved):
    signs = read_gtsrb(saved(with_line("\n")))
    assert np.count_nonzero(signs.labels == 7) == 1


def flipped_in_an_image():
    """Change one byte of a stored image, so that its own checksum tells."""
    content = bytearray(zip_bytes(gtsrb_files(), zipfile.ZIP_STORED))
    content[content.index(gtsrb_files()[IMAGE]) + 30] ^= 1
    return bytes(content)


WRONG_GTSRB = {
    "empty": (b"", "expected a ZIP archive"),
    "text": (b"not an archive", "expected a ZIP archive"),
    "truncated": (GTSRB[:-100], "expected a ZIP archive"),
    "another archive": (zip_bytes({"readme.txt": b"hello"}), "expected folders 00000"),
    "MedMNIST": (MEDMNIST, "expected folders 00000"),
    "table in another folder": (
        zip_bytes({"00001/GT-00002.csv": HEADER.encode()}),
        "expected folders 00000",
    ),
    "nothing listed": (
        zip_bytes({"00001/GT-00001.csv": HEADER.encode()}),
        "expected folders 00000",
    ),
    "commas": (
        with_table(f"{HEADER}\n00000_00000.ppm;17;15;5;5;12;12;7".replace(";", ",")),
        f"{TABLE}, line 2: Filename must",
    ),
    "no header": (
        with_table("00000_00000.ppm;17;15;5;5;12;12;7\n" * 2),
        "Filename must",
    ),
    "another encoding": (
        zip_bytes(dict(gtsrb_files(), **{TABLE: HEADER.encode("utf-16")})),
        f"{TABLE}: expected a table",
    ),
    "damaged image": (
        zip_bytes(dict(gtsrb_files(), **{IMAGE: gtsrb_files()[IMAGE][:-100]})),
        f"line 3: {IMAGE}: expected a PPM image",
    ),
    "another image format": (
        zip_bytes(dict(gtsrb_files(), **{IMAGE: b"\x89PNG\r\n\x1a\n" + bytes(50)})),
        f"line 3: {IMAGE}: expected a PPM image",
    ),
    "flipped bit": (flipped_in_an_image(), f"line 3: {IMAGE}: cannot be unpacked"),
    "huge image": (
        zip_bytes(dict(gtsrb_files(), **{IMAGE: bytes(10_000_001)})),
        f"line 3: {IMAGE}: expected at most 10,000,000 bytes, got 10,000,001",
    ),
    "huge table": (
        zip_bytes(dict(gtsrb_files(), **{TABLE: b"\n" * 10_000_001})),
        f"{TABLE}: expected at most 10,000,000 bytes",
    ),
}


@pytest.mark.parametrize("case", WRONG_GTSRB)
def test_a_wrong_gtsrb_archive_is_refused(saved, case):
    content, expected = WRONG_GTSRB[case]
    path = saved(content, "made.zip")
    with pytest.raises(InputError) as caught:
        read_gtsrb(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert_a_line(message)


@pytest.mark.parametrize("size", [0, 7, 251, -32, 32.0, float("nan"), "32", None])
def test_a_size_out_of_range_is_refused_before_any_work(
    published, server, tmp_path, size
):
    expected = f"size must be a whole number in 8..250, got {size}"
    for read in (
        lambda: load_gtsrb(folder=tmp_path, size=size),
        lambda: read_gtsrb(tmp_path / "missing.zip", size=size),
    ):
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value) == expected
    assert server.requests == []
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("size", [8, 250, np.int64(32)])
def test_sizes_up_to_the_bounds_are_made(saved, size):
    signs = read_gtsrb(saved(GTSRB), size=size)
    assert signs.images.shape == (12, size, size, 3)


def test_a_split_by_track_shares_no_sign(saved):
    """The docstring's example: the tracks of class 0 stay on one side each."""
    signs = read_gtsrb(saved(GTSRB))
    held_out = signs.tracks % 5 == 0
    assert not set(signs.tracks[held_out]) & set(signs.tracks[~held_out])
    for track in np.unique(signs.tracks):
        assert len(set(signs.labels[signs.tracks == track])) == 1


# --- imports -----------------------------------------------------------------------


def test_requests_wait_until_something_is_fetched():
    program = "import sys, mnist_tutorial.real_data; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"tensorflow", "keras", "matplotlib", "requests", "sklearn"}
    assert issubclass(requests.RequestException, OSError), "the order of except clauses"
