"""Photographs in place of drawings: two published collections, fetched on request.

The chapters on applications run on drawn scenes. This module is how a reader puts
real pictures in their place; no page and no test of this book downloads anything.

``load_medmnist("dermamnist")`` and ``load_gtsrb()`` fetch a published archive once,
compare it with the published checksum each time before they use it, and return
arrays in the book's convention. ``read_medmnist(path)`` and ``read_gtsrb(path)`` read
a file that you already have, wherever it came from, without asking for a checksum.

=================  ========  ================================  ====================
name               size      what it shows                     terms
=================  ========  ================================  ====================
dermamnist         20 MB     10,015 skin lesions, 7 classes    CC BY-NC 4.0
pneumoniamnist     4 MB      5,856 chest X-rays, 2 classes     CC BY 4.0
gtsrb              187 MB    26,640 traffic signs, 43 classes  free to use; citation
                                                               asked for
=================  ========  ================================  ====================

**Without a network**, the ``load_*`` functions say which address they tried. Fetch
the file elsewhere, in a browser or on another machine, and save it under its own
name in the folder that the message names; or put it into any folder and pass that as
``folder``. It is checked in the same way.

**Nothing half-written is left.** A download goes to a temporary file, and takes its
place only when it is complete and has the published checksum. One that breaks off or
has another checksum is removed, and what lay in the folder stays as it was. A copy
that has the published checksum is never replaced; one that has not is never used, and
is replaced once a download with the published checksum has arrived.

The checksums are the MD5 sums that the authors of MedMNIST [1]_ and, for GTSRB,
torchvision publish. They find damage; they are no defence against somebody who wants
to deceive.

The page ``appendix/data_card`` has sources, licences and known flaws.

References
----------
.. [1] J. Yang and others, "MedMNIST v2: a large-scale lightweight benchmark for 2D and
   3D biomedical image classification", Scientific Data 10, 41, 2023,
   doi:10.1038/s41597-022-01721-8.
"""

import contextlib
import csv
import io
import os
import re
import zipfile
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
from PIL import Image

from mnist_tutorial.errors import InputError

Split = tuple[np.ndarray, np.ndarray]


class Archive(NamedTuple):
    """One published file: where it lies and how to know it."""

    url: str
    file_name: str
    md5: str


ARCHIVES = {
    "dermamnist": Archive(
        "https://zenodo.org/records/10519652/files/dermamnist.npz?download=1",
        "dermamnist.npz",
        "0744692d530f8e62ec473284d019b0c7",
    ),
    "pneumoniamnist": Archive(
        "https://zenodo.org/records/10519652/files/pneumoniamnist.npz?download=1",
        "pneumoniamnist.npz",
        "28209eda62fecd6e6a2d98b1501bb15f",
    ),
    "gtsrb": Archive(
        "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
        "GTSRB-Training_fixed.zip",
        "GTSRB-Training_fixed.zip",
        "513f3c79a4c5141765e10e952eaa2478",
    ),
}

# What the labels 0, 1, ... stand for.
MEDMNIST_CLASSES = {
    "dermamnist": (
        "actinic keratoses and intraepithelial carcinoma",
        "basal cell carcinoma",
        "benign keratosis-like lesions",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevi",
        "vascular lesions",
    ),
    "pneumoniamnist": ("normal", "pneumonia"),
}

MEDMNIST_SIDE = 28
GTSRB_MIN_SIDE, GTSRB_MAX_SIDE = 8, 250  # the largest published image has 250 pixels

# A table lies beside the images that it lists, in the folder of their class.
_TABLE = re.compile(r"(?P<folder>(?:.*/)?(?P<label>\d{5})/)GT-(?P=label)\.csv")
_IMAGE = re.compile(r"(?P<track>\d{5})_\d{5}\.ppm")
# Far above anything published: what is larger is not unpacked.
_MAX_TABLE_BYTES = 10_000_000
_MAX_IMAGE_BYTES = 10_000_000
_SCALING = Image.Resampling.BILINEAR

_PARTS = ("train", "val", "test")


class TrafficSigns(NamedTuple):
    """Photographs of traffic signs.

    Attributes
    ----------
    images
        ``float32`` in [0, 1], shape ``(n, size, size, 3)``.
    labels
        Class of the sign, ``int64``, shape ``(n,)``; 0 to 42 in the published archive.
    tracks
        Which physical sign is shown, ``int64``, shape ``(n,)``, from 0, each number
        in one class only. A track holds about 30 pictures taken while a car drove
        towards the sign.
    """

    images: np.ndarray
    labels: np.ndarray
    tracks: np.ndarray


def load_medmnist(
    name: str, *, folder: str | os.PathLike | None = None
) -> tuple[Split, Split, Split]:
    """Load a MedMNIST collection, fetching it the first time.

    ``"dermamnist"``: 7,007 training, 1,003 validation and 2,005 test images of
    pigmented skin lesions through a dermatoscope, made from HAM10000 [2]_.
    ``"pneumoniamnist"``: 4,708, 524 and 624 chest X-rays of children [3]_. What the
    labels mean is in ``MEDMNIST_CLASSES``. Both are reduced to 28 x 28 pixels and
    meant for learning and for comparing methods, **not for clinical use** [1]_.

    Two things to know about DermaMNIST. Its licence, **CC BY-NC 4.0, forbids
    commercial use**. And HAM10000 has several pictures of many lesions, which
    DermaMNIST split by image and not by lesion: some lesions are both in training and
    in test, and a result on its test set is no result on unseen lesions [4]_.

    Parameters
    ----------
    name
        ``"dermamnist"`` or ``"pneumoniamnist"``.
    folder
        Where the archive lies or is to be saved. By default the user's cache for
        ``mnist-tutorial``.

    Returns
    -------
    (x_train, y_train), (x_val, y_val), (x_test, y_test)
        The published split. Images ``float32`` in [0, 1], shape ``(n, 28, 28, 3)``
        for skin and ``(n, 28, 28, 1)`` for X-rays; labels ``int64``, shape ``(n,)``.

    Raises
    ------
    InputError
        If ``name`` is unknown, the folder cannot be used, or the download has another
        checksum than was published.
    ConnectionError
        If the archive is not in the folder and cannot be fetched. The message names
        the address, and the place for a copy fetched elsewhere.

    References
    ----------
    .. [1] J. Yang and others, "MedMNIST v2: a large-scale lightweight benchmark for
       2D and 3D biomedical image classification", Scientific Data 10, 41, 2023,
       doi:10.1038/s41597-022-01721-8.
    .. [2] P. Tschandl, C. Rosendahl, H. Kittler, "The HAM10000 dataset, a large
       collection of multi-source dermatoscopic images of common pigmented skin
       lesions", Scientific Data 5, 180161, 2018, doi:10.1038/sdata.2018.161.
    .. [3] D. S. Kermany and others, "Identifying medical diagnoses and treatable
       diseases by image-based deep learning", Cell 172(5), 1122-1131, 2018,
       doi:10.1016/j.cell.2018.02.010.
    .. [4] K. Abhishek, A. Jain, G. Hamarneh, "Investigating the quality of DermaMNIST
       and Fitzpatrick17k dermatological image datasets", Scientific Data 12, 196,
       2025, doi:10.1038/s41597-025-04382-5.
    """
    if name not in MEDMNIST_CLASSES:
        known = " or ".join(MEDMNIST_CLASSES)
        raise InputError(f"name must be {known}, got {name!r}")
    return read_medmnist(_fetch(ARCHIVES[name], folder))


def read_medmnist(path: str | os.PathLike) -> tuple[Split, Split, Split]:
    """Read a file in MedMNIST's format that you already have.

    No checksum is asked for, so that any collection of the same form can be read: one
    label an image, grey or RGB, 28 x 28 pixels.

    Parameters
    ----------
    path
        An ``.npz`` file with the arrays ``train_images``, ``train_labels``,
        ``val_images``, ``val_labels``, ``test_images`` and ``test_labels``; images
        ``uint8`` of shape ``(n, 28, 28)`` or ``(n, 28, 28, 3)``, labels whole numbers
        from 0 of shape ``(n, 1)`` or ``(n,)``.

    Returns
    -------
    (x_train, y_train), (x_val, y_val), (x_test, y_test)
        As :func:`load_medmnist`.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another form.
    """
    path = _existing_file(path)
    arrays = _read_arrays(
        path,
        [f"{part}_{kind}" for part in _PARTS for kind in ("images", "labels")],
    )
    train, validation, test = (
        _medmnist_split(arrays[f"{part}_images"], arrays[f"{part}_labels"], path, part)
        for part in _PARTS
    )
    return train, validation, test


def load_gtsrb(
    *, folder: str | os.PathLike | None = None, size: int = 32
) -> TrafficSigns:
    """Load the German Traffic Sign Recognition Benchmark, fetching it the first time.

    26,640 photographs of 43 kinds of sign: the training archive of the competition of
    2011 [1]_, the one that torchvision uses. It comes without a test set. **Split it
    by track**: the pictures of a track show one physical sign a moment apart, and a
    network that has seen one of them knows the others.

    Parameters
    ----------
    folder
        Where the archive lies or is to be saved. By default the user's cache for
        ``mnist-tutorial``.
    size
        Height and width of the returned images in pixels, 8 to 250. The published
        ones have 15 to 250, not always as many each way; the whole picture is
        scaled, with the border of about a tenth that it has around the sign. All
        images of 32 pixels take 0.3 GB of memory, of 64 pixels 1.3 GB.

    Returns
    -------
    TrafficSigns
        Images, labels and tracks, class after class.

    Raises
    ------
    InputError
        If ``size`` is out of range, the folder cannot be used, or the download has
        another checksum than was published.
    ConnectionError
        If the archive is not in the folder and cannot be fetched. The message names
        the address, and the place for a copy fetched elsewhere.

    References
    ----------
    .. [1] J. Stallkamp, M. Schlipsing, J. Salmen, C. Igel, "The German Traffic Sign
       Recognition Benchmark: a multi-class classification competition", International
       Joint Conference on Neural Networks, 1453-1460, 2011,
       doi:10.1109/IJCNN.2011.6033395.

    Examples
    --------
    Every fifth track aside, with all its pictures::

        signs = load_gtsrb()
        held_out = signs.tracks % 5 == 0
        x_train, y_train = signs.images[~held_out], signs.labels[~held_out]
        x_val, y_val = signs.images[held_out], signs.labels[held_out]
    """
    _check_size(size)
    return read_gtsrb(_fetch(ARCHIVES["gtsrb"], folder), size=size)


def read_gtsrb(path: str | os.PathLike, *, size: int = 32) -> TrafficSigns:
    """Read a GTSRB training archive that you already have.

    No checksum is asked for. The larger ``GTSRB_Final_Training_Images.zip`` has the
    same form and can be read too. Nothing is unpacked to disk.

    Parameters
    ----------
    path
        A ZIP file with a folder ``00000``, ``00001``, ... for each class, and in each
        a table such as ``GT-00000.csv`` and the images that it lists, such as
        ``00003_00012.ppm``: image 12 of track 3. Images without a line are left out.
    size
        As :func:`load_gtsrb`.

    Returns
    -------
    TrafficSigns
        As :func:`load_gtsrb`.

    Raises
    ------
    InputError
        If ``size`` is out of range, or the file is missing, damaged or of another
        form. The message names the table and the line.
    """
    _check_size(size)
    path = _existing_file(path)
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # a damaged file can raise nearly anything
        raise InputError(
            f"{path}: expected a ZIP archive, got something else or a damaged file; "
            "fetch it again"
        ) from error
    with archive:
        listed = [
            line
            for table in sorted(set(filter(_TABLE.fullmatch, archive.namelist())))
            for line in _read_table(archive, table, path)
        ]
        if not listed:
            raise InputError(
                f"{path}: expected folders 00000, 00001, ... with tables GT-00000.csv, "
                "... that list images, found none; is it the training archive?"
            )
        images = np.empty((len(listed), size, size, 3), dtype=np.float32)
        for image, line in zip(images, listed, strict=True):
            picture = _read_picture(archive, line).resize((size, size), _SCALING)
            image[:] = np.asarray(picture, dtype=np.float32) / 255
    labels = np.array([line.label for line in listed], dtype=np.int64)
    _, tracks = np.unique([line.track for line in listed], return_inverse=True)
    return TrafficSigns(images, labels, tracks.astype(np.int64))


class _Line(NamedTuple):
    """One line of a table: an image, its class, its track, and where this is said."""

    member: str
    label: int
    track: str
    where: str


def _read_table(archive: zipfile.ZipFile, table: str, path: Path) -> list[_Line]:
    """Read which images a class has, checking every line."""
    match = _TABLE.fullmatch(table)
    folder, label = match["folder"], int(match["label"])
    members, listed = set(archive.namelist()), set()
    content = _unpack(archive, table, _MAX_TABLE_BYTES, f"{path}: {table}")
    lines = []
    try:
        rows = csv.DictReader(
            io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"
        )
        for row in rows:
            where = f"{path}: {table}, line {rows.line_num}"
            name = _IMAGE.fullmatch(row.get("Filename") or "")
            if not name:
                raise InputError(
                    f"{where}: Filename must look like 00003_00012.ppm, got "
                    f"{row.get('Filename')!r}"
                )
            if not _is_number(row.get("ClassId"), label):
                raise InputError(
                    f"{where}: ClassId must be {label}, the number of the folder, got "
                    f"{row.get('ClassId')!r}"
                )
            member = folder + name[0]
            if member not in members:
                raise InputError(
                    f"{where}: {name[0]} is listed, but the archive has no {member}; "
                    "fetch it again"
                )
            if member in listed:
                raise InputError(
                    f"{where}: {name[0]} is listed a second time; it is not what was "
                    "published"
                )
            listed.add(member)
            lines.append(_Line(member, label, folder + name["track"], where))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path}: {table}: expected a table with ';' between its columns, but: "
            f"{error}"
        ) from error
    return lines


def _is_number(text: str | None, number: int) -> bool:
    # Not longer than a folder's: int() takes no text of thousands of digits.
    is_short = text is not None and text.isascii() and len(text) <= 5
    return is_short and text.isdecimal() and int(text) == number


def _read_picture(archive: zipfile.ZipFile, line: _Line) -> Image.Image:
    """Decode one image of the archive, RGB."""
    where = f"{line.where}: {line.member}"
    content = _unpack(archive, line.member, _MAX_IMAGE_BYTES, where)
    try:
        with Image.open(io.BytesIO(content), formats=["PPM"]) as picture:
            return picture.convert("RGB")
    except Exception as error:  # a damaged image can raise nearly anything
        raise InputError(
            f"{where}: expected a PPM image, got something else or a damaged one; "
            "fetch the archive again"
        ) from error


def _unpack(archive: zipfile.ZipFile, member: str, max_bytes: int, where: str) -> bytes:
    """Unpack one file of an archive into memory."""
    size = archive.getinfo(member).file_size
    if size > max_bytes:
        raise InputError(
            f"{where}: expected at most {max_bytes:,} bytes, got {size:,}; it is not "
            "what was published"
        )
    try:
        return archive.read(member)
    except Exception as error:  # damaged, encrypted or packed in an unknown way
        raise InputError(
            f"{where}: cannot be unpacked ({error}); fetch the archive again"
        ) from error


def _read_arrays(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    """Read arrays from an ``.npz`` file; nothing in it is ever executed."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = [name for name in names if name not in arrays]
            if not missing:
                return {name: arrays[name] for name in names}
    except Exception as error:  # a damaged file can raise nearly anything
        raise InputError(
            f"{path}: expected an .npz file of arrays, got something else or a damaged "
            "file; fetch it again"
        ) from error
    raise InputError(
        f"{path}: expected the arrays {', '.join(names)}; {', '.join(missing)} missing"
    )


def _medmnist_split(
    images: np.ndarray, labels: np.ndarray, path: Path, part: str
) -> Split:
    """Bring one part of a MedMNIST file to the book's convention."""
    side = MEDMNIST_SIDE
    grey, colour = (side, side), (side, side, 3)
    form_fits = images.dtype == np.uint8 and images.shape[1:] in (grey, colour)
    if not form_fits or not len(images):
        raise InputError(
            f"{path}: {part}_images must be uint8 of shape (n, {side}, {side}) or "
            f"(n, {side}, {side}, 3), n from 1, got {images.dtype} of shape "
            f"{images.shape}"
        )
    if labels.shape not in ((len(images),), (len(images), 1)):
        raise InputError(
            f"{path}: {part}_labels must hold one label for each of {len(images)} "
            f"images, got shape {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise InputError(
            f"{path}: {part}_labels must be whole numbers from 0, got {labels.dtype}"
        )
    y = labels.reshape(-1).astype(np.int64)
    if y.min() < 0:  # what int64 cannot hold becomes negative too
        raise InputError(
            f"{path}: {part}_labels must be whole numbers from 0 to 2**63 - 1, got "
            f"{labels.dtype} from {labels.min()} to {labels.max()}"
        )
    x = images.reshape(len(images), side, side, -1).astype(np.float32) / 255
    return x, y


def _check_size(size: int) -> None:
    low, high = GTSRB_MIN_SIDE, GTSRB_MAX_SIDE
    if not (isinstance(size, Integral) and low <= size <= high):
        raise InputError(f"size must be a whole number in {low}..{high}, got {size}")


def _existing_file(path: str | os.PathLike) -> Path:
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: expected a file, got a directory")
    # A pipe or a device would keep a reader waiting for ever.
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the name and the folder")
    return path


def _fetch(archive: Archive, folder: str | os.PathLike | None) -> Path:
    """Return the path of an archive that has the published checksum.

    pooch does the work: it compares a copy in the folder with the checksum, downloads
    to a temporary file where there is no good copy, compares that, moves it into
    place in one step, and removes it when anything goes wrong.
    """
    import requests

    folder = pooch.os_cache("mnist-tutorial") if folder is None else Path(folder)
    path = folder.expanduser().absolute() / archive.file_name
    by_hand = (
        f"fetch {archive.url} elsewhere, in a browser or on another machine, and save "
        f"it as {path} (MD5 {archive.md5})"
    )
    downloader = pooch.HTTPDownloader(progressbar=True)
    try:
        pooch.retrieve(
            archive.url,
            known_hash=f"md5:{archive.md5}",
            fname=path.name,
            path=path.parent,
            downloader=downloader,
            processor=_let_others_read,
        )
    except requests.RequestException as error:
        there = ""
        if path.exists():
            there = f" The copy in {path} has another checksum and was not used."
        raise ConnectionError(
            f"{archive.file_name} could not be fetched from {archive.url}: "
            f"{_one_line(error)}.{there} Try again with a network, or {by_hand}."
        ) from error
    except OSError as error:
        raise InputError(
            f"{path}: the folder cannot be used: {_one_line(error)}; pass another as "
            "folder="
        ) from error
    except ValueError as error:
        raise InputError(
            f"{archive.url} sent another file than was published, which was thrown "
            f"away: {_one_line(error)} A proxy or a login page may have answered in "
            f"its place; try again, or {by_hand}"
        ) from error
    return path


def _let_others_read(path: str, action: str, _: object) -> str:
    """Open a fresh download to the other users of the machine: a shared folder."""
    if action != "fetch":
        with contextlib.suppress(OSError):  # some file systems know no modes
            os.chmod(path, 0o644)  # a temporary file is its owner's alone
    return path


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
