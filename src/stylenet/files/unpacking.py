"""Unpacking zip archives: safe against their names, and against interruption."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from stylenet.errors import StylenetError
from stylenet.files.disk import disk_error, require_space
from stylenet.files.progress import ByteProgress
from stylenet.files.writing import replacing

_CHUNK = 2**20
# zipfile lets all of these escape on damaged or unusual archives
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)


def unpack(archive: Path, folder: Path, *, setting: str) -> int:
    """Unpack a zip archive below ``folder``; how many files were written.

    Each file appears when it is whole and its CRC-32 is right. One that is there with the size
    it should have is left as it is, so that a second call resumes where the first was
    interrupted.

    Args:
        archive: The zip file; it is kept.
        folder: Is made if need be.
        setting: What the user sets to choose another folder, such as ``data.root``; for errors.

    Raises:
        StylenetError: The archive is missing or damaged, a name in it leads out of ``folder``, or
            the disk is full.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [m for m in opened.infolist() if not m.is_dir()]
            places = [(member, _place(archive, member, folder)) for member in members]
            todo = [(member, place) for member, place in places if not _is_there(place, member)]
            total = sum(member.file_size for member, _ in todo)
            require_space(folder, total, f"Unpacking {archive.name}", setting=setting)
            done = 0
            with ByteProgress(f"unpacking {archive.name}", total) as progress:
                for member, place in todo:
                    _write(opened, member, place)
                    done += member.file_size
                    progress.at(done)
    except FileNotFoundError:
        if archive.exists():
            raise
        raise StylenetError(f"There is no archive {archive} to unpack.", "Download it.") from None
    except _DAMAGE as error:
        raise StylenetError(
            f"The archive {archive} ({archive.stat().st_size} bytes) is truncated or damaged,"
            f" expected a zip file: {error}.",
            f"Remove {archive} and run the same command again; files that were unpacked are whole.",
        ) from None
    except OSError as error:
        raise disk_error(error, folder, setting=setting) from error
    return len(todo)


def _place(archive: Path, member: zipfile.ZipInfo, folder: Path) -> Path:
    name = PurePosixPath(member.filename)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in member.filename or is_link:
        raise StylenetError(
            f"{archive} holds {member.filename!r}, which leads out of {folder}; nothing was"
            " unpacked.",
            "Do not trust this archive; get it from its official address.",
        )
    return folder / name


def _is_there(place: Path, member: zipfile.ZipInfo) -> bool:
    return place.is_file() and place.stat().st_size == member.file_size


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    with replacing(place) as part, opened.open(member) as source, part.open("wb") as stream:
        shutil.copyfileobj(source, stream, _CHUNK)
