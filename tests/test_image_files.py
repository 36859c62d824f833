"""Image files by id, their manifest, their size, their decoded frames: nothing is mixed up, and damage is found."""

import hashlib
import os
import pickle
import random
import shutil
import zipfile

import numpy as np
import pytest
from image_bytes import galaxy, saved, tiff
from PIL import Image

from zoo import cutout, manifest
from zoo.errors import DataError, MissingImage, ZooError, ZooImageError
from zoo.frames import Frames
from zoo.image_files import ImageFiles, listed, named, with_images
from zoo.image_stack import ImageStack

IDS = ["J005612.79-005001.6", "J013148.91+000132.8", "12", "00012", "ü b"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def jpeg(seed: int, height: int = 30, width: int = 30) -> bytes:
    return saved(Image.fromarray(galaxy(height, width, seed)), "JPEG")


@pytest.fixture
def folder(tmp_path):
    """Five galaxies with awkward names, beside files that are none."""
    images = tmp_path / "images"
    images.mkdir()
    for seed, object_id in enumerate(IDS):
        (images / f"{object_id}.jpg").write_bytes(jpeg(seed))
    for other in ("Thumbs.db", ".DS_Store", "._12.jpg", "README.txt"):
        (images / other).write_bytes(b"x")
    return images


@pytest.fixture
def archive(folder, tmp_path):
    """The same in a zip file, nested as the challenge nests it."""
    with zipfile.ZipFile(tmp_path / "images.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.iterdir()):
            file.write(path, f"images/{path.name}")
        file.writestr("__MACOSX/images/._12.jpg", b"x")
    return tmp_path / "images.zip"


def manifest_of():
    return manifest.manifest(f"{object_id}.jpg" for object_id in IDS)


def stack(container, ids=IDS, **options) -> ImageStack:
    made = ImageStack(listed(container, ".jpg"), ids, **options)
    made.prepare()
    return made


def test_the_id_is_the_name_without_its_suffix_whatever_dots_it_holds(folder):
    assert sorted(listed(folder, ".jpg")) == sorted(IDS)


def test_an_archive_gives_the_bytes_of_the_folder(folder, archive):
    plain, packed = listed(folder, ".jpg"), listed(archive, ".jpg")
    assert sorted(plain) == sorted(packed)
    assert all(plain.read_bytes(i) == packed.read_bytes(i) for i in IDS)


def test_suffixes_match_in_any_case_and_folders_may_be_nested(folder):
    (folder / "deep").mkdir()
    (folder / "12.jpg").rename(folder / "deep" / "12.JPG")
    assert "12" in listed(folder, ".jpg") and listed(folder, ".jpg").read_bytes("12") == jpeg(2)


def test_two_images_of_one_galaxy_are_refused(folder):
    (folder / "deep").mkdir()
    shutil.copy(folder / "12.jpg", folder / "deep")
    with pytest.raises(DataError, match=r"The galaxy 12 has two images, .*12.jpg"):
        listed(folder, ".jpg")
    with pytest.raises(DataError, match="1 galaxies have two images, the first 12"):
        named(folder, {"12": "12.jpg"}) | named(folder, {"12": "deep/12.jpg"})


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist: name the folder or zip archive"):
        listed(tmp_path / "nowhere", ".jpg")


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "images.zip").write_bytes(b"<html>")
    with pytest.raises(DataError, match="images.zip cannot be read as a zip archive"):
        listed(tmp_path / "images.zip", ".jpg")


@pytest.mark.parametrize("path", ["../12.jpg", "/etc/hostname", "a/../../12.jpg"])
def test_a_table_cannot_name_files_outside_its_folder(path, folder):
    with pytest.raises(DataError, match="leaves .*: name files within it"):
        named(folder, {"12": path})


def test_paths_named_by_a_table_leave_out_what_is_not_there(folder):
    files = named(folder, {"a": "12.jpg", "b": "13.jpg", "c": ""})
    assert list(files) == ["a"] and files.read_bytes("a") == jpeg(2)


def test_rows_without_image_are_refused_with_count_and_ids_or_dropped(folder):
    files = listed(folder, ".jpg")
    with pytest.raises(DataError, match="2 of 3 labelled galaxies have no image: 7, 8.*dataset.missing=drop"):
        with_images(["7", "12", "8"], files, "refuse")
    assert with_images(["7", "12", "8"], files, "drop") == [1]
    with pytest.raises(ZooError, match="dataset.missing=maybe: choose refuse or drop"):
        with_images(["12"], files, "maybe")


def test_a_file_that_is_gone_is_named(folder):
    files = listed(folder, ".jpg")
    (folder / "12.jpg").unlink()
    with pytest.raises(MissingImage, match=r"12\.jpg does not exist"):
        files.read_bytes("12")
    with pytest.raises(MissingImage, match="The galaxy 99 has no image file"):
        files.read_bytes("99")


def test_a_damaged_member_of_an_archive_is_named(archive):
    whole = archive.read_bytes()
    at = zipfile.ZipFile(archive).getinfo("images/12.jpg").header_offset + 60
    archive.write_bytes(whole[:at] + bytes(40) + whole[at + 40 :])
    with pytest.raises(ZooImageError, match=r"images/12.jpg cannot be read \(.*\): retrieve it again"):
        listed(archive, ".jpg").read_bytes("12")


def test_only_changed_files_are_read_again(folder, monkeypatch):
    first = stack(folder).facts
    read = []
    original = ImageFiles.read_bytes
    monkeypatch.setattr(ImageFiles, "read_bytes", lambda self, i: read.append(i) or original(self, i))
    assert stack(folder).facts == first and read == []
    os.utime(folder / "12.jpg", ns=(1, 1))
    assert [f.sha256 for f in stack(folder).facts] == [f.sha256 for f in first] and read == ["12"]


def test_the_manifest_tells_sha256_size_and_shape(folder, archive):
    for container in (folder, archive):
        facts = stack(container).facts
        assert [f.sha256 for f in facts] == [hashlib.sha256(jpeg(k)).hexdigest() for k in range(5)]
        assert {(f.mode, f.shape) for f in facts} == {("JPEG RGB", (3, 30, 30))}
        assert [f.size for f in facts] == [len(jpeg(k)) for k in range(5)]


def test_a_damaged_manifest_is_made_anew(folder):
    facts = stack(folder).facts
    path = manifest_of()
    path.write_bytes(path.read_bytes()[:100])
    assert stack(folder).facts == facts


def test_folders_with_the_same_names_keep_facts_of_their_own(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "12.jpg").write_bytes(jpeg(77))
    for container in (folder, other, folder):
        made = stack(container)
        assert list(made.problems(quick=False)) == []
    assert set(made.manifests.values()) == {manifest_of()}


def flip(path, generator: random.Random) -> None:
    """One bit of a file, in place: size and time of change stay."""
    data, status = bytearray(path.read_bytes()), path.stat()
    at = generator.randrange(len(data) * 8)
    data[at // 8] ^= 1 << at % 8
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def flips_found(folder, count: int) -> int:
    """How many of so many flipped bits a full verification names."""
    made, generator, found = stack(folder), random.Random(0), 0
    for k in range(count):
        path = folder / f"{IDS[k % 5]}.jpg"
        whole = path.read_bytes()
        flip(path, generator)
        found += [p.object_id for p in made.problems(quick=False)] == [IDS[k % 5]]
        status = path.stat()
        path.write_bytes(whole)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return found


def test_every_flipped_bit_is_found_by_its_sha256(folder):
    assert flips_found(folder, 40) == 40


@pytest.mark.torture
def test_all_2000_flipped_bits_are_found_by_their_sha256(folder):
    assert flips_found(folder, 2000) == 2000


def test_a_replaced_file_is_reported_until_the_manifest_is_removed(folder):
    stack(folder)
    (folder / "12.jpg").write_bytes(jpeg(99))
    problems = list(stack(folder).problems(quick=True))
    assert [(p.object_id, p.code) for p in problems] == [("12", "E-IMAGE-CHANGED")]
    assert "restore it, or, if the change was meant, remove" in str(problems[0])
    manifest_of().unlink()
    assert list(stack(folder).problems(quick=True)) == []


def test_a_repaired_file_is_no_change(folder):
    (folder / "12.jpg").write_bytes(jpeg(2)[:200])
    assert [p.code for p in stack(folder).problems(quick=True)] != []
    (folder / "12.jpg").write_bytes(jpeg(2))
    assert list(stack(folder).problems(quick=True)) == []


@pytest.mark.parametrize(
    "content, code, words",
    [
        (b"", "E-IMAGE-TRUNCATED", r"is empty \(0 bytes\)"),
        (b"<html>503", "E-IMAGE-FORMAT", r"is an HTML page \(download error\?\)"),
        (jpeg(2)[:-2], "E-IMAGE-TRUNCATED", "is truncated"),
        (jpeg(2, 31, 29), "E-IMAGE-SIZE", "29×31 pixels where most images here have 30×30: dataset.image_size=30"),
    ],
)
def test_the_quick_check_finds_files_that_cannot_be_used(content, code, words, folder):
    (folder / "12.jpg").write_bytes(content)
    made = stack(folder)
    (problem,) = made.problems(quick=True)
    assert (problem.object_id, problem.code) == ("12", code)
    with pytest.raises(ZooImageError, match=rf"Galaxy 12 \(row 2\): .*12\.jpg .*{words}"):
        made[2]
    assert made[1].shape == (3, 30, 30)


def test_other_bands_are_refused(tmp_path):
    astropy = pytest.importorskip("astropy.io.fits", reason="the extra `fits` is not installed")
    for k, bands in enumerate((2, 2, 5)):
        astropy.PrimaryHDU(np.zeros((bands, 4, 4), np.uint8)).writeto(tmp_path / f"{k}.fits")
    made = ImageStack(listed(tmp_path, ".fits"), ["0", "1", "2"])
    made.prepare()
    assert made.shape == (2, 4, 4) and [p.what[-34:] for p in made.problems(quick=True)] == [
        "5 bands where most have 2: convert it."[-34:]
    ]


def test_image_size_pads_and_crops_about_the_centre(folder):
    (folder / "12.jpg").write_bytes(jpeg(2, 31, 17))
    made = stack(folder, image_size=24)
    assert list(made.problems(quick=False)) == [] and {made[k].shape for k in range(5)} == {(3, 24, 24)}
    np.testing.assert_array_equal(made[2], cutout.fit(cutout.read(jpeg(2, 31, 17)), 24))


@pytest.mark.parametrize("options", [{"image_size": 0}, {"limits": [1, 0]}, {"limits": [1]}])
def test_sizes_and_limits_that_mean_nothing_are_refused(options, folder):
    with pytest.raises(ZooError, match=f"dataset.{next(iter(options))}="):
        stack(folder, **options)


def test_cached_frames_are_the_images_bit_by_bit_also_in_another_process(folder):
    plain, cached = stack(folder), stack(folder, cache=True)
    travelled = pickle.loads(pickle.dumps(cached))
    shutil.rmtree(folder)
    for row in range(5):
        with pytest.raises(ZooImageError):
            plain[row]
        np.testing.assert_array_equal(cached[row], cutout.read(jpeg(row)))
        np.testing.assert_array_equal(travelled[row], cached[row])
        assert cached[row].flags.writeable
    assert len(pickle.dumps(cached)) < 5000


def test_frames_are_decoded_once_and_again_when_a_pixel_changes(folder, monkeypatch):
    stack(folder, cache=True)
    decoded = []
    original = cutout.read
    monkeypatch.setattr(cutout, "read", lambda *a, **k: decoded.append(1) or original(*a, **k))
    stack(folder, cache=True)
    assert decoded == []
    (folder / "12.jpg").write_bytes(jpeg(7))
    stack(folder, cache=True)
    assert len(decoded) == 5


def test_an_unusable_image_has_no_frame_and_still_says_why(folder):
    (folder / "12.jpg").write_bytes(b"<html>")
    made = stack(folder, cache=True)
    with pytest.raises(ZooImageError, match="Galaxy 12 .* HTML"):
        made[2]
    assert made[3].shape == (3, 30, 30)


def test_frames_of_a_killed_process_are_made_anew(folder):
    made = stack(folder, cache=True)
    path = made.frames.path
    path.unlink()
    assert not Frames(path).exist()
    np.testing.assert_array_equal(stack(folder, cache=True)[0], made._image(0, jpeg(0)))


def test_a_disk_without_room_is_refused_before_a_frame_is_written(folder, monkeypatch):
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    with pytest.raises(ZooError, match="needs 0.0 GB in .*frames, where 0.0 GB are free: set ZOO_CACHE .*cache=false"):
        stack(folder, cache=True)


def test_who_keeps_frames_without_being_asked_is_not_told_to_keep_none(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    with pytest.raises(ZooError, match="larger disk, or take smaller images"):
        Frames(tmp_path / "frames.npy").make([np.zeros((3, 30, 30), np.uint8)], (1, 3, 30, 30))


def test_frames_keep_the_depth_of_16_bits(tmp_path):
    (tmp_path / "1.tif").write_bytes(tiff(np.arange(16, dtype=np.uint16).reshape(4, 4)))
    made = ImageStack(listed(tmp_path, ".tif"), ["1"], cache=True)
    made.prepare()
    np.testing.assert_array_equal(made[0][0], np.arange(16, dtype=np.float32).reshape(4, 4) / np.float32(65535))
    (tmp_path / "2.tif").write_bytes(tiff(np.zeros((4, 4), np.uint8)))
    with pytest.raises(DataError, match="keeps images of one depth, and .*2.tif has uint8 where others have float32"):
        ImageStack(listed(tmp_path, ".tif"), ["1", "2"], cache=True).prepare()


def test_the_fingerprint_follows_pixels_labels_splits_and_size_but_no_path(folder, tmp_path):
    splits, targets = ["train"] * 5, np.arange(5)
    first = stack(folder).fingerprint(splits, targets)
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert stack(moved).fingerprint(splits, targets) == first
    others = [
        stack(folder).fingerprint(["test"] * 5, targets),
        stack(folder).fingerprint(splits, targets + 1),
        stack(folder, image_size=20).fingerprint(splits, targets),
        stack(folder, IDS[::-1]).fingerprint(splits, targets),
    ]
    (moved / "12.jpg").write_bytes(jpeg(50))
    others.append(stack(moved).fingerprint(splits, targets))
    assert len({first, *others}) == 6
