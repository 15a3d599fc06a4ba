"""Files that are made to harm: bombs, pickles, pipes, links, archives with paths outside."""

from __future__ import annotations

import io
import os
import pickle
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

LARGE = 300_000_000


def png(file: Path, width: int = 8, height: int = 8, *chunks: tuple[bytes, bytes]) -> Path:
    """A grey PNG, with further chunks; its pixels are as few as 8 x 8, whatever it says."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 9 * 8)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return file


def squeezed(size: int = LARGE) -> bytes:
    """So many zeros, compressed."""
    packer = zlib.compressobj(9)
    zeros = bytes(2**20)
    parts = [packer.compress(zeros) for _ in range(size // len(zeros))]
    return b"".join([*parts, packer.flush()])


def gif(file: Path) -> Path:
    """A GIF of 65 535 x 65 535 pixels in 50 bytes."""
    size = struct.pack("<HH", 65535, 65535)
    screen = b"GIF89a" + size + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    file.write_bytes(screen + b"," + struct.pack("<HH", 0, 0) + size + b"\0\x02\x02D\x01\0;")
    return file


def tiff(file: Path) -> Path:
    """A TIFF of 50 000 x 50 000 pixels whose strip lies behind the end of the file."""
    entries = [(256, 50000), (257, 50000), (258, 8), (259, 1), (262, 1), (273, 10**6), (279, 10**9)]
    body = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    body += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    file.write_bytes(body + bytes(4))
    return file


class Evil:
    """Makes ``mark`` when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.system, (f"touch '{self.mark}'",)


def bare_pickle(file: Path, mark: Path) -> Path:
    """A pickle that runs a command."""
    file.write_bytes(pickle.dumps({"conv1.weight": Evil(mark)}))
    return file


def zipped_pickle(file: Path, mark: Path) -> Path:
    """The same as torch writes files today."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": Evil(mark)}, protocol=2))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    return file


def zip_of(file: Path, name: str, *, link: bool = False) -> Path:
    """An archive with one member of that name, which may be a symbolic link."""
    info = zipfile.ZipInfo(name)
    if link:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, "/etc" if link else "outside")
    return file


def lying_zip(file: Path) -> Path:
    """An archive whose only member says that it has 10 bytes, and has many more."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", bytes(50_000_000))
    content = bytearray(file.read_bytes())
    for mark, where in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(mark) + where
        content[start : start + 4] = struct.pack("<I", 10)
    file.write_bytes(content)
    return file


def tar_of(file: Path, names: list[str]) -> Path:
    """An archive whose members are links to a file of the system."""
    with tarfile.open(file, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            archive.addfile(member, io.BytesIO())
    return file


def zoo(folder: Path, sound: Path) -> Path:
    """A folder of a sound photograph and of what should not be waited for, or left."""
    folder.mkdir()
    for number in range(8):
        (folder / f"sound{number}.jpg").write_bytes(sound.read_bytes())
    os.mkfifo(folder / "pipe.jpg")
    (folder / "endless.jpg").symlink_to("/dev/zero")
    (folder / "terminal.png").symlink_to("/dev/tty")
    (folder / "secret.jpg").symlink_to("/etc/passwd")
    (folder / "nowhere.jpg").symlink_to(folder / "not there")
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    (folder / "round").symlink_to(folder)
    (folder / "folder.jpg").mkdir()
    png(folder / "bomb.png", 60_000, 60_000)
    return folder
