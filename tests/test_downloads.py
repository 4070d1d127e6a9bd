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

from mnist_tutorial import downloads
from mnist_tutorial.downloads import load_gtsrb, load_medmnist
from mnist_tutorial.errors import InputError

BOOK = Path(downloads.__file__).parents[1] / "book"

# --- small files of the published form ---------------------------------------------

SIZES = {"train": 9, "val": 4, "test": 5}
CHANNELS = {"dermamnist": 3, "pneumoniamnist": 1}


def medmnist_arrays(channels):
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


def gtsrb_files():
    """The members of a small training archive, by name."""
    files = {"GTSRB/Readme-Images.txt": b"about the images"}
    for label, tracks in SIGNS.items():
        folder, rows = f"GTSRB/Training/{label:05d}/", [HEADER]
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
    by_path = {}
    for name, archive in downloads.ARCHIVES.items():
        path = f"/{archive.file_name}?download=1"
        by_path[path] = CONTENTS[name]
        archive = archive._replace(url=server.url + path, md5=md5(CONTENTS[name]))
        monkeypatch.setitem(downloads.ARCHIVES, name, archive)
    server.answer = lambda request: send(by_path[request.path])(request)


@pytest.fixture
def offline(published, monkeypatch):
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
    signs = "GTSRB-Training_fixed.zip"
    assert list(downloads.ARCHIVES.values()) == [
        (
            f"{zenodo}dermamnist.npz?download=1",
            "dermamnist.npz",
            "0744692d530f8e62ec473284d019b0c7",
        ),
        (
            f"{zenodo}pneumoniamnist.npz?download=1",
            "pneumoniamnist.npz",
            "28209eda62fecd6e6a2d98b1501bb15f",
        ),
        (erda + signs, signs, "513f3c79a4c5141765e10e952eaa2478"),
    ]
    classes = downloads.MEDMNIST_CLASSES
    assert list(map(len, classes.values())) == [7, 2]
    assert classes["dermamnist"][4] == "melanoma"
    assert classes["pneumoniamnist"][1] == "pneumonia"


def test_no_page_downloads_anything():
    for path in (BOOK / "zh").rglob("*.ipynb"):  # the code is the same in both trees
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                assert "load_medmnist(" not in source, (path, cell["id"])
                assert "load_gtsrb(" not in source, (path, cell["id"])


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
def test_the_first_time_fetches_and_later_ones_do_not(
    published, server, tmp_path, name
):
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
    published, tmp_path, monkeypatch, folder, expected
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


def test_an_altered_copy_is_replaced_by_a_good_one(published, server, tmp_path):
    # Altered again, between two calls of one process: no check is remembered.
    for altered in (MEDMNIST[: len(MEDMNIST) // 2], MEDMNIST[:-1] + b"?"):
        (tmp_path / "dermamnist.npz").write_bytes(altered)
        assert_is_medmnist(load_medmnist("dermamnist", folder=tmp_path))
        assert contents(tmp_path) == {"dermamnist.npz": MEDMNIST}
    assert len(server.requests) == 2


def test_an_unknown_name_and_a_size_out_of_range_are_refused_before_any_work(
    published, server, tmp_path
):
    message = refused(InputError, tmp_path, name="mnist")
    assert message == "name must be one of dermamnist, pneumoniamnist, got 'mnist'"
    for size in (7, 251, 32.0):
        with pytest.raises(InputError, match=f"size must be .*, got {size}"):
            load_gtsrb(folder=tmp_path, size=size)
    assert server.requests == []
    assert contents(tmp_path) == {}


# --- downloads that go wrong -------------------------------------------------------

FAILURES = {
    "breaks off": (send(MEDMNIST[:500], promised=len(MEDMNIST)), ConnectionError, ""),
    "is not there": (send(b"gone", status=404), ConnectionError, "404"),
    "has another content": (send(OTHER), InputError, md5(OTHER)),
    "is truncated": (send(MEDMNIST[:500]), InputError, md5(MEDMNIST[:500])),
    "is a login page": (send(b"<html>Log in</html>"), InputError, "login page"),
    "is empty": (send(b""), InputError, md5(b"")),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("old", [None, b"an altered copy", b""])
def test_a_failed_download_leaves_the_folder_as_it_was(
    published, server, tmp_path, failure, old
):
    server.answer, error, reason = FAILURES[failure]
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


@pytest.mark.parametrize("old", [None, OTHER])
def test_offline_says_what_was_tried_and_what_to_do(offline, tmp_path, old):
    path = tmp_path / "dermamnist.npz"
    if old is not None:
        path.write_bytes(old)
    before = contents(tmp_path)
    message = refused(ConnectionError, tmp_path)
    url = downloads.ARCHIVES["dermamnist"].url
    assert f"could not be fetched from {url}" in message
    assert f"fetch {url} elsewhere" in message
    assert f"save it as {path} (MD5 {md5(MEDMNIST)})" in message
    is_said = f"The copy in {path} has another checksum" in message
    assert is_said == (old is not None)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(28, "No space left on device"), InputError),
    ],
)
def test_an_interruption_leaves_nothing(
    published, tmp_path, monkeypatch, trouble, error
):
    def interrupted(self, url, output_file, pooch):
        Path(output_file).write_bytes(MEDMNIST[:100])
        raise trouble

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    message = refused(error, tmp_path)
    if error is InputError:  # no matter of the network
        assert "No space left on device" in message
        assert "pass another as folder=" in message
    assert contents(tmp_path) == {}


def test_a_file_in_the_place_of_the_folder_is_refused(published, server, tmp_path):
    folder = tmp_path / "data"
    folder.write_text("mine")
    assert str(folder) in refused(InputError, folder)
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


def test_a_read_only_folder_is_refused_unless_it_has_a_good_copy(
    published, server, read_only_folder
):
    with ordinary_user():
        message = refused(InputError, read_only_folder)
    assert str(read_only_folder) in message
    assert "pass another as folder=" in message
    assert contents(read_only_folder) == {}
    read_only_folder.chmod(0o755)
    (read_only_folder / "dermamnist.npz").write_bytes(MEDMNIST)
    read_only_folder.chmod(0o555)
    with ordinary_user():
        assert_is_medmnist(load_medmnist("dermamnist", folder=read_only_folder))
    assert server.requests == []


PROGRAM = """
import sys
from mnist_tutorial import downloads
url, md5, folder = sys.argv[1:]
downloads.ARCHIVES["dermamnist"] = downloads.Archive(url, "dermamnist.npz", md5)
(x, y), _, _ = downloads.load_medmnist("dermamnist", folder=folder)
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
    labels = " ".join(str(y) for y in medmnist_arrays(3)["train_labels"][:, 0])
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert output.strip() == labels
    assert len(server.requests) == 2
    assert contents(folder) == {"dermamnist.npz": MEDMNIST}


# --- traffic signs -----------------------------------------------------------------


def load_signs(folder, files, size):
    """Load an archive with these members, as if it were the published one."""
    content = zip_bytes(files)
    (folder / "GTSRB-Training_fixed.zip").write_bytes(content)
    archive = downloads.ARCHIVES["gtsrb"]._replace(md5=md5(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(downloads.ARCHIVES, "gtsrb", archive)
        return load_gtsrb(folder=folder, size=size)


def test_every_sign_has_its_class_and_its_track(published, server, tmp_path):
    first, signs = (load_gtsrb(folder=str(tmp_path), size=20) for _ in range(2))
    np.testing.assert_array_equal(first.images, signs.images)
    assert len(server.requests) == 1
    assert contents(tmp_path) == {"GTSRB-Training_fixed.zip": GTSRB}  # not unpacked

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


@pytest.mark.parametrize("size", [8, 250])
def test_an_image_without_a_line_is_left_out(tmp_path, size):
    files, table = gtsrb_files(), "GTSRB/Training/00007/GT-00007.csv"
    header, _, line = files[table].splitlines(keepends=True)
    signs = load_signs(tmp_path, files | {table: header + line}, size)
    assert np.bincount(signs.labels)[[0, 7, 42]].tolist() == [5, 1, 5]
    assert signs.images.shape == (11, size, size, 3)


def test_images_are_scaled_whole_and_keep_their_orientation(tmp_path):
    """Red grows to the right, green downwards: shrinking keeps both straight.

    Blue is a chessboard of single pixels, which shrinks to grey: all are seen.
    """
    files = gtsrb_files()
    rows, columns = np.indices((120, 160))
    pixels = np.stack([columns, 2 * rows, (rows + columns) % 2 * 255], axis=-1)
    files["GTSRB/Training/00007/00000_00000.ppm"] = ppm(pixels)
    signs = load_signs(tmp_path, files, size=40)
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


# --- imports -----------------------------------------------------------------------


def test_requests_wait_until_something_is_fetched():
    program = "import sys, mnist_tutorial.downloads; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"tensorflow", "keras", "matplotlib", "requests", "sklearn"}
    assert issubclass(requests.RequestException, OSError), "the order of except clauses"
