"""Published archives: fetched once, checked each time, refused when they are not right.

Nothing here asks the network for anything: a server on this machine hands out small
files of the published form, and every way in which a download goes wrong. What pooch
promises (two downloads at once, an interrupted one) is left to pooch.
"""

import hashlib
import http.server
import io
import stat
import threading
import zipfile

import numpy as np
import pooch
import pytest

from mnist_tutorial import downloads
from mnist_tutorial.downloads import load_gtsrb, load_medmnist
from mnist_tutorial.errors import InputError

# --- small files of the published form ---------------------------------------------

SIZES = {"train": 9, "val": 4, "test": 5}
CHANNELS = {"dermamnist": 3, "pneumoniamnist": 1}


def medmnist_arrays(channels):
    """The six arrays of a MedMNIST file; random images, labels as published."""
    random = np.random.default_rng(0)
    shape = (28, 28, 3) if channels == 3 else (28, 28)
    arrays = {}
    for part, count in SIZES.items():
        arrays[f"{part}_images"] = random.integers(0, 256, (count, *shape), np.uint8)
        arrays[f"{part}_labels"] = random.integers(0, 7, (count, 1), np.uint8)
    return arrays


def npz_bytes(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def ppm(pixels):
    """Encode (h, w, 3) bytes as a binary PPM, by its definition."""
    height, width, _ = pixels.shape
    return b"P6\n%d %d\n255\n" % (width, height) + pixels.astype(np.uint8).tobytes()


# Classes, their tracks, and how many images each track has.
SIGNS = {0: {0: 3, 1: 2}, 7: {0: 2}, 42: {0: 1, 3: 4}}


def colour(label, track, image):
    """One colour for each image, so that none can be taken for another."""
    return np.array([label * 5, track * 60, image * 50], dtype=np.uint8)


def gtsrb_files():
    """The members of a small training archive, by name."""
    files = {"GTSRB/Readme-Images.txt": b"about the images"}
    for label, tracks in SIGNS.items():
        folder = f"GTSRB/Training/{label:05d}/"
        files[folder + "00009_00000.ppm"] = b"not in the table, and left out"
        rows = ["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"]
        for track, count in tracks.items():
            for image in range(count):
                name = f"{track:05d}_{image:05d}.ppm"
                shape = (15 + 4 * image, 17 + track, 3)
                files[folder + name] = ppm(
                    np.broadcast_to(colour(label, track, image), shape)
                )
                rows.append(f"{name};{shape[1]};{shape[0]};5;5;12;12;{label}")
        files[f"{folder}GT-{label:05d}.csv"] = ("\r\n".join(rows) + "\r\n").encode()
    return files


def zip_bytes(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


CONTENTS = {
    "dermamnist": npz_bytes(medmnist_arrays(3)),
    "pneumoniamnist": npz_bytes(medmnist_arrays(1)),
    "gtsrb": zip_bytes(gtsrb_files()),
}
MEDMNIST, OTHER, GTSRB = CONTENTS.values()


def md5(content):
    return hashlib.md5(content).hexdigest()


# --- a server that does what it is told --------------------------------------------


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        status, promised, content = self.server.answers[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """A server with the small files in the place of the published ones.

    ``server.answers`` says what it sends, ``server.requests`` what it was asked for.
    """
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.requests, server.answers = [], {}
        for name, archive in downloads.ARCHIVES.items():
            path, content = f"/{archive.file_name}?download=1", CONTENTS[name]
            server.answers[path] = (200, len(content), content)
            url = f"http://127.0.0.1:{server.server_port}{path}"
            archive = archive._replace(url=url, md5=md5(content))
            monkeypatch.setitem(downloads.ARCHIVES, name, archive)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def offline(server, monkeypatch):
    """An address at which nobody answers."""
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as closed:
        url = f"http://127.0.0.1:{closed.server_port}/dermamnist.npz"
    archive = downloads.ARCHIVES["dermamnist"]._replace(url=url)
    monkeypatch.setitem(downloads.ARCHIVES, "dermamnist", archive)


def contents(folder):
    """Everything in a folder, by name, hidden files too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refused(error, folder, name="dermamnist"):
    """Return the message, one line, with which an archive is not loaded."""
    with pytest.raises(error) as caught:
        load_medmnist(name, folder=folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what is published -------------------------------------------------------------


def test_addresses_and_checksums_are_those_that_are_published():
    """Copied by hand from medmnist 3.0.2 (info.py) and torchvision (gtsrb.py)."""
    zenodo = "https://zenodo.org/records/10519652/files/"
    erda = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
    assert {archive.md5: archive.url for archive in downloads.ARCHIVES.values()} == {
        "0744692d530f8e62ec473284d019b0c7": f"{zenodo}dermamnist.npz?download=1",
        "28209eda62fecd6e6a2d98b1501bb15f": f"{zenodo}pneumoniamnist.npz?download=1",
        "513f3c79a4c5141765e10e952eaa2478": f"{erda}GTSRB-Training_fixed.zip",
    }
    for archive in downloads.ARCHIVES.values():
        assert archive.url.partition("?")[0].endswith(f"/{archive.file_name}")
    classes = downloads.MEDMNIST_CLASSES
    assert list(map(len, classes.values())) == [7, 2]
    assert classes["dermamnist"][4] == "melanoma"
    assert classes["pneumoniamnist"][1] == "pneumonia"


# --- fetching ----------------------------------------------------------------------


def assert_is_medmnist(loaded, name="dermamnist"):
    arrays = medmnist_arrays(CHANNELS[name])
    for (x, y), part in zip(loaded, SIZES, strict=True):
        assert x.dtype == np.float32
        assert x.shape == (SIZES[part], 28, 28, CHANNELS[name])
        raw = arrays[f"{part}_images"].reshape(x.shape)
        np.testing.assert_allclose(x * 255, raw, atol=1e-4)
        assert y.dtype == np.int64
        np.testing.assert_array_equal(y, arrays[f"{part}_labels"][:, 0])


@pytest.mark.parametrize("name", CHANNELS)
def test_the_first_time_fetches_and_later_ones_do_not(server, tmp_path, name):
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        assert_is_medmnist(load_medmnist(name, folder=folder), name)
    assert server.requests == [f"/{name}.npz?download=1"]
    assert contents(folder) == {f"{name}.npz": CONTENTS[name]}
    # A shared folder: the other users of the machine may read the download.
    assert stat.S_IMODE((folder / f"{name}.npz").stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("folder", "expected"), [(None, "cache/mnist-tutorial"), ("~/data", "data")]
)
def test_folders_are_the_cache_or_what_was_asked_for(
    server, tmp_path, monkeypatch, folder, expected
):
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    load_medmnist("dermamnist", folder=folder)
    assert contents(tmp_path) == {f"{expected}/dermamnist.npz": MEDMNIST}


def test_a_file_put_there_by_hand_needs_no_network(offline, tmp_path):
    path = tmp_path / "dermamnist.npz"
    path.write_bytes(MEDMNIST)
    path.chmod(0o600)
    assert_is_medmnist(load_medmnist("dermamnist", folder=tmp_path))
    mode = stat.S_IMODE(path.stat().st_mode)
    assert mode == 0o600, "somebody else's file is left as it is"


def test_an_altered_copy_is_replaced_by_a_good_one(server, tmp_path):
    # Altered again, between two calls of one process: no check is remembered.
    for altered in (MEDMNIST[: len(MEDMNIST) // 2], MEDMNIST[:-1] + b"?"):
        (tmp_path / "dermamnist.npz").write_bytes(altered)
        assert_is_medmnist(load_medmnist("dermamnist", folder=tmp_path))
        assert contents(tmp_path) == {"dermamnist.npz": MEDMNIST}
    assert len(server.requests) == 2


def test_an_unknown_name_and_a_size_out_of_range_are_refused_before_any_work(
    server, tmp_path
):
    message = refused(InputError, tmp_path, name="mnist")
    assert message == "name must be one of dermamnist, pneumoniamnist, got 'mnist'"
    for size in (7, 251, 32.0):
        with pytest.raises(InputError, match=f"size must be .*, got {size}"):
            load_gtsrb(folder=tmp_path, size=size)
    assert server.requests == []
    assert contents(tmp_path) == {}


# --- downloads that go wrong -------------------------------------------------------

# Status, promised length and content; the error, and a word of its message.
FAILURES = {
    "breaks off": ((200, 9999, MEDMNIST[:500]), ConnectionError, ""),
    "is not there": ((404, 4, b"gone"), ConnectionError, "404"),
    "has another content": ((200, len(OTHER), OTHER), InputError, md5(OTHER)),
    "is a login page": ((200, 6, b"Log in"), InputError, "login page"),
    "is empty": ((200, 0, b""), InputError, md5(b"")),
    "finds nobody": (None, ConnectionError, "could not be fetched from"),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("old", [None, b"an altered copy"])
def test_a_failed_download_leaves_the_folder_as_it_was(
    server, tmp_path, request, failure, old
):
    answer, error, reason = FAILURES[failure]
    if answer is None:
        request.getfixturevalue("offline")
    server.answers["/dermamnist.npz?download=1"] = answer
    path = tmp_path / "dermamnist.npz"
    if old is not None:
        path.write_bytes(old)
    (tmp_path / "my_notes.txt").write_text("mine")
    before = contents(tmp_path)
    message = refused(error, tmp_path)
    assert contents(tmp_path) == before
    assert reason in message
    assert f"fetch {downloads.ARCHIVES['dermamnist'].url} elsewhere" in message
    assert f"save it as {path} (MD5 {md5(MEDMNIST)})" in message
    is_said = f"The copy in {path} has another checksum" in message
    assert is_said == (error is ConnectionError and old is not None)


def test_a_file_in_the_place_of_the_folder_is_refused(server, tmp_path):
    folder = tmp_path / "data"
    folder.write_text("mine")
    message = refused(InputError, folder)
    assert str(folder) in message and "pass another as folder=" in message
    assert folder.read_text() == "mine"
    assert server.requests == []


# --- traffic signs -----------------------------------------------------------------


def test_every_sign_has_its_class_and_its_track(server, tmp_path):
    first, signs = (load_gtsrb(folder=str(tmp_path), size=20) for _ in range(2))
    np.testing.assert_array_equal(first.images, signs.images)
    assert len(server.requests) == 1
    assert contents(tmp_path) == {"GTSRB-Training_fixed.zip": GTSRB}  # not unpacked

    assert signs.images.shape == (12, 20, 20, 3)
    assert signs.images.dtype == np.float32
    assert signs.labels.dtype == signs.tracks.dtype == np.int64
    tracks = [(label, track) for label, tracks in SIGNS.items() for track in tracks]
    expected = [
        (label, number, colour(label, track, image))
        for number, (label, track) in enumerate(tracks)
        for image in range(SIGNS[label][track])
    ]
    for image, label, number, wanted in zip(*signs, expected, strict=True):
        assert (label, number) == wanted[:2]
        np.testing.assert_allclose(image * 255, np.broadcast_to(wanted[2], image.shape))
    for size in (8, 250):
        assert load_gtsrb(folder=tmp_path, size=size).images.shape[1:3] == (size, size)


def test_images_are_scaled_whole_and_keep_their_orientation(tmp_path, monkeypatch):
    """Red grows to the right, green downwards: shrinking keeps both straight.

    Blue is a chessboard of single pixels, which shrinks to grey: all are seen.
    """
    rows, columns = np.indices((120, 160))
    pixels = np.stack([columns, 2 * rows, (rows + columns) % 2 * 255], axis=-1)
    name = "GTSRB/Training/00007/00000_00000.ppm"
    content = zip_bytes(gtsrb_files() | {name: ppm(pixels)})
    (tmp_path / "GTSRB-Training_fixed.zip").write_bytes(content)
    archive = downloads.ARCHIVES["gtsrb"]._replace(md5=md5(content))
    monkeypatch.setitem(downloads.ARCHIVES, "gtsrb", archive)
    signs = load_gtsrb(folder=tmp_path, size=40)
    image = signs.images[signs.labels == 7][0] * 255
    image = image[1:-1, 1:-1]  # at the border the pixels outside are missing
    at_rows, at_columns = np.indices((38, 38)) + 1
    np.testing.assert_allclose(image[..., 0], at_columns * 4 + 1.5, atol=1)
    np.testing.assert_allclose(image[..., 1], (at_rows * 3 + 1) * 2, atol=1)
    np.testing.assert_allclose(image[..., 2], 127.5, atol=5)
