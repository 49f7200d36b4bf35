"""The configuration file is replaced whole or not at all, and stays who and what it was."""

import os
from pathlib import Path

import pytest

from bot.errors import UnavailableError
from bot.settings.edit import ConfigFile, read_config, rewrite


@pytest.fixture
def file(tmp_path: Path) -> ConfigFile:
    (tmp_path / "xocompat.yaml").write_bytes(b"# old\r\n")
    return _read(tmp_path, "xocompat.yaml")


def _read(folder: Path, name: str) -> ConfigFile:
    found = read_config(folder, Path(name))
    assert found is not None
    return found


def test_the_new_bytes_take_the_place_of_the_old_and_nothing_is_left_beside_them(file: ConfigFile) -> None:
    rewrite(file, b"\xef\xbb\xbf# new\r\n")
    assert file.path.read_bytes() == b"\xef\xbb\xbf# new\r\n"
    assert [path.name for path in file.path.parent.iterdir()] == ["xocompat.yaml"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604])
def test_the_mode_stays(file: ConfigFile, mode: int) -> None:
    file.path.chmod(mode)
    rewrite(file, b"new")
    assert file.path.stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(file: ConfigFile) -> None:
    os.chown(file.path, 65534, 65534)
    rewrite(file, b"new")
    assert (file.path.stat().st_uid, file.path.stat().st_gid) == (65534, 65534)


def test_a_link_stays_a_link_to_what_is_rewritten(file: ConfigFile, tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "first.yaml").symlink_to("../xocompat.yaml")
    (folder / "second.yaml").symlink_to(folder / "first.yaml")
    rewrite(_read(folder, "second.yaml"), b"new")
    assert (folder / "second.yaml").is_symlink()
    assert (folder / "first.yaml").is_symlink()
    assert file.path.read_bytes() == b"new"


def test_what_somebody_else_wrote_meanwhile_is_not_lost(file: ConfigFile) -> None:
    file.path.write_bytes(b"theirs")
    with pytest.raises(UnavailableError, match=r"xocompat\.yaml cannot be written: somebody else changed it meanwhile"):
        rewrite(file, b"ours")
    assert file.path.read_bytes() == b"theirs"
    assert [path.name for path in file.path.parent.iterdir()] == ["xocompat.yaml"]


def test_a_file_that_is_gone_is_told(file: ConfigFile, tmp_path: Path) -> None:
    file.path.unlink()
    with pytest.raises(UnavailableError, match="cannot be written"):
        rewrite(file, b"new")
    assert read_config(tmp_path, Path("xocompat.yaml")) is None
    assert list(tmp_path.iterdir()) == []
