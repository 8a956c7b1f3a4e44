"""Reading a path file: every size is checked before memory is taken, every number before it is used."""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
import zlib

import numpy as np
from flint import fmpq, fmpq_mat, fmpz

MAX_BYTES, MAX_ARRAYS, VERSION = 1 << 30, 64, "1"
Arrays = dict[str, np.ndarray]


class RefusedError(Exception):
    """What this checker does not judge, in one line."""


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """One array: its header first; what the header declares must be what the file holds.

    Raises:
        RefusedError: unless it is a text or finite little-endian float64 numbers, as many as declared.
    """
    with archive.open(info) as stream:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise RefusedError(f"{info.filename}: not version 1.0 of the .npy format")
        shape, fortran, kind = np.lib.format.read_array_header_1_0(stream)
        if kind.hasobject or not (kind == np.dtype("<f8") or kind.kind == "U"):
            raise RefusedError(f"{info.filename}: {kind} {shape}; allowed: little-endian float64, and texts")
        if math.prod(shape) * kind.itemsize != info.file_size - stream.tell():
            raise RefusedError(f"{info.filename}: its header declares {shape}, its size is another")
        array = np.frombuffer(stream.read(), kind).reshape(shape, order="F" if fortran else "C")
    if kind.kind == "f" and not np.isfinite(array).all():
        raise RefusedError(f"{info.filename}: holds NaN or infinity")
    return array


def read(file: str) -> tuple[Arrays, str]:
    """The arrays of a file, and the SHA-256 of the very bytes that they were read from.

    Raises:
        RefusedError: for anything but a plain, whole archive of arrays.
    """
    try:
        with open(file, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename.removesuffix(".npy") for info in infos]
            if len(data) > MAX_BYTES or sum(info.file_size for info in infos) > MAX_BYTES or len(infos) > MAX_ARRAYS:
                raise RefusedError(f"more than {MAX_BYTES} bytes or {MAX_ARRAYS} arrays")
            if len(set(names)) < len(names):
                raise RefusedError("two arrays of one name")
            arrays = {name: member(archive, info) for name, info in zip(names, infos, strict=True)}
    except (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise RefusedError(f"cannot be read as an .npz without pickles: {error}") from None
    if (version := str(arrays.pop("format", VERSION))) != VERSION:
        raise RefusedError(f"format {version}; this checker reads format {VERSION}")
    return arrays, hashlib.sha256(data).hexdigest()


def shaped(arrays: Arrays, name: str, *shape: int | None) -> np.ndarray:
    """The numbers ``name``, taken out of ``arrays``, of a shape with these sizes (None: any size of 1 or more).

    Raises:
        RefusedError: if they are missing or have another shape.
    """
    if name not in arrays:
        raise RefusedError(f"no array {name}")
    array = arrays.pop(name)
    fits = array.ndim == len(shape) and all(n > 0 and m in (None, n) for n, m in zip(array.shape, shape, strict=True))
    if not fits or array.dtype.kind != "f":
        raise RefusedError(f"{name} {array.shape} {array.dtype}: allowed is float64 {tuple(n or 'any' for n in shape)}")
    return array


def text(arrays: Arrays, name: str, default: str = "") -> str:
    """The single text ``name``, taken out of ``arrays``.

    Raises:
        RefusedError: if it is none.
    """
    array = arrays.pop(name, np.array(default))
    if array.shape != () or array.dtype.kind != "U":
        raise RefusedError(f"{name} {array.shape} {array.dtype}: allowed is one text")
    return str(array)


def rationals(arrays: Arrays, name: str, rows: int, columns: int) -> fmpq_mat:
    """A matrix of rationals, written as texts like ``-3`` and ``2/7``, taken out of ``arrays``.

    Raises:
        RefusedError: if it is missing, has another shape, or an entry is no rational.
    """
    array = arrays.pop(name, np.zeros(()))
    if array.dtype.kind != "U" or array.shape != (rows, columns):
        raise RefusedError(f"{name} {array.shape} {array.dtype}: allowed are texts ({rows}, {columns})")
    parts = [re.fullmatch(r"(-?[0-9]+)(?:/0*([1-9][0-9]*))?", entry) for entry in array.ravel().tolist()]
    if not all(parts):
        raise RefusedError(f"{name}: holds a text that is no rational like -3 or 2/7")
    return fmpq_mat(rows, columns, [fmpq(fmpz(part[1]), fmpz(part[2] or "1")) for part in parts if part])
