"""Step 1: the arrays of a path file. Every size is checked before memory is taken, every number before it is used."""

import hashlib
import io
import math
import zipfile
import zlib

import numpy as np

MAX_BYTES, MAX_ARRAYS, VERSION = 1 << 30, 64, "1"
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)
Arrays = dict[str, np.ndarray]


class RefusedError(Exception):
    """What this checker does not judge, in one line."""


def require(holds: bool, words: str) -> None:
    """Go on only if this holds.

    Raises:
        RefusedError: with these words, if it does not.
    """
    if not holds:
        raise RefusedError(words)


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """One array: a text or finite little-endian float64 numbers, as many as its header declares."""
    with archive.open(info) as stream:
        require(np.lib.format.read_magic(stream) == (1, 0), f"{info.filename}: not version 1.0 of the .npy format")
        shape, fortran, kind = np.lib.format.read_array_header_1_0(stream)
        plain = kind == np.dtype("<f8") or kind.kind == "U"
        require(plain, f"{info.filename}: {kind} {shape}; allowed: little-endian float64, and texts")
        whole = math.prod(shape) * kind.itemsize == info.file_size - stream.tell()
        require(whole, f"{info.filename}: its header declares {shape}, its size is another")
        array = np.frombuffer(stream.read(), kind).reshape(shape, order="F" if fortran else "C")
    require(kind.kind == "U" or bool(np.isfinite(array).all()), f"{info.filename}: holds NaN or infinity")
    return array


def read(file: str) -> tuple[Arrays, str]:
    """The arrays of a plain, whole archive, and the SHA-256 of the very bytes that they were read from."""
    try:
        with open(file, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            small = max(len(data), sum(info.file_size for info in infos)) <= MAX_BYTES and len(infos) <= MAX_ARRAYS
            require(small, f"more than {MAX_BYTES} bytes or {MAX_ARRAYS} arrays")
            arrays = {info.filename.removesuffix(".npy"): member(archive, info) for info in infos}
            require(len(arrays) == len(infos), "two arrays of one name")
    except UNREADABLE as error:
        require(False, f"cannot be read as an .npz without pickles: {error}")
    version = str(arrays.pop("format", VERSION))
    require(version == VERSION, f"format {version}; this checker reads format {VERSION}")
    return arrays, hashlib.sha256(data).hexdigest()


def shaped(arrays: Arrays, name: str, *shape: int | None) -> np.ndarray:
    """The numbers ``name``, taken out of ``arrays``, of a shape with these sizes (None: any size of 1 or more)."""
    require(name in arrays, f"no array {name}")
    array, told = arrays.pop(name), tuple(n or "any" for n in shape)
    fits = array.ndim == len(shape) and all(n > 0 and m in (None, n) for n, m in zip(array.shape, shape, strict=True))
    require(fits and array.dtype.kind == "f", f"{name} {array.shape} {array.dtype}: allowed is float64 {told}")
    return array


def text(arrays: Arrays, name: str, default: str = "") -> str:
    """The single text ``name``, taken out of ``arrays``."""
    array = arrays.pop(name, np.array(default))
    require(array.shape == () and array.dtype.kind == "U", f"{name} {array.shape} {array.dtype}: allowed is one text")
    return str(array)
