"""Photographs in place of drawings: published collections, fetched on request.

The chapters on applications run on drawn scenes. This module is how a reader puts
real pictures in their place; no page and no test of this book downloads anything.
Each archive is fetched once, into its place only when it is complete and has the
published checksum, and compared with that each time. What has it is not checked
again. The page ``appendix/data_card`` has sources, licences and known flaws.

The checksums are the MD5 sums that the authors of MedMNIST and, for GTSRB,
torchvision publish. They find damage; they are no defence against somebody who wants
to deceive.
"""

import contextlib
import csv
import fnmatch
import io
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
import requests
from PIL import Image

from mnist_tutorial.checks import check_choice, check_counts, check_in, checked_path
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


class TrafficSigns(NamedTuple):
    """Photographs of traffic signs.

    ``images`` are ``float32`` in [0, 1], shape ``(n, size, size, 3)``; ``labels`` their
    classes, 0 to 42 in the published archive, and ``tracks`` which physical sign each
    shows, from 0, each number in one class only: both ``int64``, shape ``(n,)``. A
    track holds about 30 pictures taken while a car drove towards the sign.
    """

    images: np.ndarray
    labels: np.ndarray
    tracks: np.ndarray


def load_medmnist(
    name: str, *, folder: str | os.PathLike | None = None
) -> tuple[Split, Split, Split]:
    """Load a MedMNIST collection, fetching it the first time.

    ``"dermamnist"`` (20 MB): 7,007 training, 1,003 validation and 2,005 test images of
    pigmented skin lesions through a dermatoscope, made from HAM10000 [2]_.
    ``"pneumoniamnist"`` (4 MB, CC BY 4.0): 4,708, 524 and 624 chest X-rays of children
    [3]_. What the labels mean is in ``MEDMNIST_CLASSES``. Both are meant for learning
    and for comparing methods, **not for clinical use** [1]_.

    DermaMNIST's licence, **CC BY-NC 4.0, forbids commercial use**. It splits HAM10000's
    several pictures of a lesion by image: some lesions are both in training and in
    test, and a result on its test set is no result on unseen lesions [4]_.

    ``folder`` is where the archive lies or is to be saved; by default it is the user's
    cache for ``mnist-tutorial``. Returns the published split, ``(x_train, y_train),
    (x_val, y_val), (x_test, y_test)``: images ``float32`` in [0, 1], shape ``(n, 28,
    28, 3)`` for skin and ``(n, 28, 28, 1)`` for X-rays; labels ``int64``, ``(n,)``.

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
    .. [1] J. Yang et al., "MedMNIST v2", 2023, doi:10.1038/s41597-022-01721-8.
    .. [2] P. Tschandl et al., "The HAM10000 dataset", 2018, doi:10.1038/sdata.2018.161.
    .. [3] D. S. Kermany et al., "Identifying Medical Diagnoses and Treatable Diseases
       by Image-Based Deep Learning", 2018, doi:10.1016/j.cell.2018.02.010.
    .. [4] K. Abhishek et al., "Investigating the Quality of DermaMNIST and
       Fitzpatrick17k", 2025, doi:10.1038/s41597-025-04382-5.
    """
    check_choice("name", name, MEDMNIST_CLASSES)
    splits = []
    with np.load(_fetch(ARCHIVES[name], folder)) as arrays:
        for part in ("train", "val", "test"):
            images = arrays[f"{part}_images"]  # (n, 28, 28), or (n, 28, 28, 3)
            x = images.reshape(len(images), 28, 28, -1).astype(np.float32) / 255
            y = arrays[f"{part}_labels"].reshape(-1).astype(np.int64)  # from (n, 1)
            splits.append((x, y))
    return tuple(splits)


def load_gtsrb(
    *, folder: str | os.PathLike | None = None, size: int = 32
) -> TrafficSigns:
    """Load the German Traffic Sign Recognition Benchmark, fetching it the first time.

    26,640 photographs of 43 kinds of sign (187 MB, free to use, citation asked for):
    the training archive of the competition of 2011, the one that torchvision uses. It
    comes without a test set. **Split it by track**, such as by ``signs.tracks % 5 ==
    0``: the pictures of a track show one physical sign a moment apart, and a network
    that has seen one knows the others. They come class after class.

    ``folder`` and what is raised are those of :func:`load_medmnist`. ``size`` is the
    height and width of the returned images, 8 to 250 pixels: the whole picture is
    scaled, of 15 to 250 pixels and not always as many each way, with a border of about
    a tenth around the sign. All images of 32 pixels take 0.3 GB of memory, of 64 pixels
    1.3 GB.

    References
    ----------
    J. Stallkamp et al., "The German Traffic Sign Recognition Benchmark", 2011,
    doi:10.1109/IJCNN.2011.6033395.
    """
    check_counts(size=size)
    check_in("[8, 250]", size=size)  # the largest published image has 250 pixels
    with zipfile.ZipFile(_fetch(ARCHIVES["gtsrb"], folder)) as archive:
        members, labels, names = zip(*_list_signs(archive), strict=True)
        images = np.empty((len(members), size, size, 3), dtype=np.float32)
        for image, member in zip(images, members, strict=True):
            with archive.open(member) as file, Image.open(file) as picture:
                scaled = picture.resize((size, size), Image.Resampling.BILINEAR)
            image[:] = np.asarray(scaled, dtype=np.float32) / 255
    _, tracks = np.unique(names, return_inverse=True)
    return TrafficSigns(images, np.array(labels, np.int64), tracks.astype(np.int64))


def _list_signs(archive: zipfile.ZipFile) -> list[tuple[str, int, str]]:
    """List the images of the archive: where each lies, its class and its track.

    A folder such as ``00007`` holds a class: a table, ``GT-00007.csv``, and the images
    that it lists, such as ``00003_00012.ppm``: image 12 of track 3.
    """
    signs = []
    for table in sorted(fnmatch.filter(archive.namelist(), "*/GT-*.csv")):
        folder = table.rpartition("/")[0]
        with io.TextIOWrapper(archive.open(table), "utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines, delimiter=";"):
                member = f"{folder}/{row['Filename']}"
                track = member.rpartition("_")[0]  # the folder too: one class only
                signs.append((member, int(row["ClassId"]), track))
    return signs


def _fetch(archive: Archive, folder: str | os.PathLike | None) -> Path:
    """Return the path of an archive that has the published checksum.

    pooch does the work: the comparing, and the temporary file that is moved into
    place in one step or removed.
    """
    folder = (
        pooch.os_cache("mnist-tutorial") if folder is None else checked_path(folder)
    )
    path = folder.expanduser().absolute() / archive.file_name
    by_hand = (
        f"fetch {archive.url} elsewhere, in a browser or on another machine, and save "
        f"it as {path} (MD5 {archive.md5})"
    )
    try:
        pooch.retrieve(
            archive.url,
            known_hash=f"md5:{archive.md5}",
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(progressbar=True),
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
