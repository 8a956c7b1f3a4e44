"""Good and bad files of a user, written into the current folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch


def write_bomb(file: Path) -> None:
    """A small .npz that unpacks to more than a gigabyte."""
    header = np.lib.format.header_data_from_array_1_0(np.zeros(0)) | {"shape": (1 << 29, 1)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("X", "Y", "U", "W", "A"):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, header)
                for _ in range(17 if name == "X" else 0):
                    member.write(bytes(1 << 26))


def write_files() -> None:
    """All of them; ``d`` and ``net`` are good and fit."""
    rng = np.random.default_rng(0)
    rows = "\n".join(",".join(f"{x:.6f}" for x in row) for row in rng.standard_normal((12, 3)))
    texts = {
        "d.csv": f"a,b,y\n{rows}\n", "large.csv": "a,y\n1e20,1\n2e20,3\n", "huge.csv": "a,y\n1e308,1\n-1e308,2\n",
        "nan.csv": "a,b,y\n1,nan,2\n", "ragged.csv": "a,y\n1,2\n1,2,3\n", "words.csv": "a,y\n1,two\n", "empty.csv": "",
        "twins.csv": "a,a\n1,2\n", "notes.npz": "hello", "notes.txt": "hello",
    }  # fmt: skip
    for name, text in texts.items():
        Path(name).write_text(text)
    Path("latin.csv").write_bytes(b"a,y\n\xe9,1\n")
    X, Y, ones = rng.standard_normal((12, 3)), rng.standard_normal((12, 2)), np.ones
    arrays = {
        "d": {"X": X, "Y": Y},
        "text": {"X": np.array([["x"]]), "Y": np.array(["y"])}, "scalar": {"X": np.array(3.0), "Y": np.array(1.0)},
        "complex": {"X": X + 1j, "Y": Y}, "wide_numbers": {"X": X.astype(np.longdouble) * np.longdouble("1e1000"), "Y": Y},
        "tiny": {"X": np.full((4, 2), 1e-300), "Y": ones(4)}, "steep": {"X": X * 1e30, "Y": Y},
        "far": {"X": rng.standard_normal((6, 5)), "Y": ones(6)},
        "one_y": {"X": X, "Y": Y[:, 0]}, "classes": {"X": X, "Y": np.arange(12) % 4},
        "text_net": {"U": np.array([["u"]]), "W": np.array([["w"]])}, "text_bias": {"U": ones((2, 15)), "W": ones((15, 3)),
        "b": np.array("b")},
        "huge_net": {"U": np.full((2, 15), 1e308), "W": np.full((15, 3), 1e308)}, "slim": {"U": ones((1, 2)),
        "W": ones((2, 2))},
        "minute": {"U": np.full((1, 15), 1e-320), "W": np.full((15, 3), 1e-320)}, "zeros": {"X": np.zeros((4, 2)),
        "Y": np.zeros(4)},
        "pickle": {"X": np.array([None, {}]), "Y": ones(2)}, "lengths": {"X": ones((4, 2)), "Y": ones(3)},
        "none": {"X": ones((0, 2)), "Y": ones(0)}, "only_x": {"X": X}, "net": {"U": ones((2, 15)), "W": ones((15, 3))},
        "wide": {"U": ones((2, 15)), "W": ones((15, 5))}, "thin": {"U": ones((2, 3)), "W": ones((3, 3))},
        "one": {"U": ones((1, 4)), "W": ones((4, 4))}, "flat": {"U": ones(3), "W": ones((3, 3))},
        "empty_net": {"U": ones((2, 0)), "W": ones((0, 3))}, "nan": {"U": np.full((2, 15), np.nan), "W": ones((15, 3))},
        "skew": {"A": np.array([[0.0, 1.0], [0.0, 0.0]])}, "rectangle": {"A": np.zeros((2, 3))}, "good": {"A": np.eye(4)},
        "huge_path": {"U": np.full((2, 1, 4), 1e200), "W": ones((2, 4, 3)), "X": X, "Y": Y, "activation": np.array("relu")},
        "atoms": {"W": ones((5, 11)), "g": ones(5)},
        "few_atoms": {"W": np.eye(11)[:5], "g": ones(4)}, "nan_atoms": {"W": np.eye(11)[:5], "g": np.full(5, np.nan)},
        "narrow_atoms": {"W": np.eye(10)[:5], "g": ones(5)}, "text_atoms": {"W": np.array("w"), "g": ones(5)},
        "no_function": {"W": np.eye(11)[[0, 0]], "g": np.array([1.0, -1.0])},
    }  # fmt: skip
    good = {"U": ones((2, 1, 3)), "W": ones((2, 3, 2)), "X": ones((4, 2)), "Y": ones(4), "activation": np.array("relu")}
    places = {"long": [0.0, 1.0, 2.0], "falling": [1.0, 0.0], "nan": [0.0, np.nan], "text": "t"}
    arrays |= {f"{name}_t": good | {"t": np.array(t)} for name, t in places.items()}
    for name, content in arrays.items():
        np.savez(f"{name}.npz", **content)  # type: ignore[arg-type]
    write_bomb(Path("bomb.npz"))
    for name in ("foreign", "members"):
        with zipfile.ZipFile(f"{name}.npz", "w") as archive:
            for key in ("X", "Y", "U", "W"):
                archive.writestr(f"{key}.npy", "hello")
    torch.save(["no", "state"], "list.pt")
    torch.save({"0.weight": torch.ones(2, 2)}, "half.pt")
    torch.save({"0.weight": torch.ones(15, 3), "2.weight": torch.ones(2, 15, dtype=torch.complex64)}, "complex.pt")
    torch.save({"0.weight": torch.ones(15, 3), "2.weight": torch.ones(2, 15).to_sparse()}, "sparse.pt")
    for name in ("none", "broken", "no_claim", "folder"):
        Path(name).mkdir()
    for name in ("none", "broken/outputs", "no_claim/outputs"):
        Path(name).mkdir(exist_ok=True)
        (Path(name.partition("/")[0]) / "README.md").write_text("1<!-- a.py x measured .3g -->")
    Path("broken/outputs/claims.json").write_text("{")
    Path("no_claim/outputs/claims.json").write_text('{"claims": []}')
