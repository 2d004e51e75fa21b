"""Images of every form decide as the ported C, and what cannot be one is refused in one line."""

import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import cooee
from cloud.images.pack import pack_model, pack_sentinel
from cloud.images.trained import read_trained
from cloud.porting import port
from cloud.porting.check.golden import edge_rows
from cloud.porting.model.features import feature_type
from cloud.porting.model.trees import distinct_thresholds
from edge import core
from edge.contract.errors import CooeeError
from edge.core import Image
from tests.cloud.images.models import CASES, data, packed
from tests.firmware.frozen_images import FROZEN_SENTINELS, frozen

ROWS = 4000


@pytest.mark.parametrize("case", CASES)
def test_an_image_decides_as_the_ported_c(case: str) -> None:
    ported, made = packed(case)
    rng = np.random.default_rng(11)
    like, _ = data(CASES[case][1], rows=ROWS)
    anywhere = rng.integers(-32768, 32768, (ROWS, 6))
    rows = np.concatenate([like, anywhere, ported.golden.rows]).astype(np.int16)
    classes, confidences = ported.verdicts(rows)
    found = made.image.classify(rows)
    assert len(set(classes.tolist())) > 1
    assert (found["class"] == classes).all()
    assert (found["confidence"] == confidences).all()


@pytest.mark.parametrize("name", [sentinel.name for sentinel in core.sentinels()])
def test_a_sentinels_image_is_the_sentinel(name: str) -> None:
    sentinel = next(s for s in core.sentinels() if s.name == name)
    image = pack_sentinel(read_trained(name)).image
    said = (image.name, image.version, image.id, image.classes, image.features, image.normals, image.policies)
    assert said == (
        name,
        sentinel.version,
        sentinel.id,
        sentinel.classes,
        sentinel.features,
        sentinel.normals,
        sentinel.policies,
    )
    tree = read_trained(name).tree
    rows = edge_rows(distinct_thresholds([tree], image.width), feature_type("int16"), 20_000, seed=5).astype(np.int16)
    assert (image.classify(rows) == core.classify(name, rows)).all()


def test_the_bytes_stay_as_they_were() -> None:
    assert pack_sentinel(read_trained("soil", FROZEN_SENTINELS)).image.data == frozen()["soil"]


def test_numbers_take_no_more_than_at_fixed_widths() -> None:
    for case in CASES:
        stream = packed(case)[1].stream
        assert stream.entropy_bits <= stream.coded_bits <= stream.plain_bits


X, Y = data(3)


@pytest.mark.parametrize(
    ("estimator", "options", "said"),
    [
        (RandomForestClassifier(9, max_depth=4, random_state=0).fit(X, Y), {}, "give --votes small"),
        (
            GradientBoostingClassifier(n_estimators=2).fit(X, Y),
            {},
            "have more: give --votes small",
        ),
        (GaussianNB().fit(X, Y), {}, "an image of GaussianNB is not known"),
        (LinearSVC().fit(X, Y), {}, "tells no probabilities"),
        (DecisionTreeClassifier().fit(X, Y), {"feature_type": "float32"}, "whole numbers"),
        (DecisionTreeClassifier().fit(X, Y), {"missing": True}, "none of them missing"),
        (DecisionTreeClassifier().fit(np.tile(X, 11), Y), {}, "66 features"),
    ],
    ids=["exact votes", "boosting", "naive Bayes", "no confidence", "floats", "missing values", "many features"],
)
def test_what_has_no_image_is_refused_in_a_line(estimator: object, options: dict[str, Any], said: str) -> None:
    ported = port(estimator, name="tried", **options)
    with pytest.raises(CooeeError, match=said) as refused:
        pack_model(ported)
    assert "\n" not in str(refused.value)


def _cooee(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """The exit code, and all that was said."""
    code = 0
    try:
        cooee.main(["image", *map(str, words)])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_model_is_packed_shown_and_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, image = tmp_path / "crop.joblib", tmp_path / "crop.image"
    joblib.dump(DecisionTreeClassifier(max_depth=5, random_state=1).fit(X, Y), model)
    assert _cooee(capsys, "pack", model, "-o", image)[0] == 0
    code, said = _cooee(capsys, "show", image)
    assert code == 0
    assert "crop: model, no sentinel" in said
    code, said = _cooee(capsys, "verify", image, "--model", model)
    assert code == 0
    assert "class and confidence are those of the ported C" in said
    joblib.dump(DecisionTreeClassifier(max_depth=4, random_state=1).fit(X, Y), model)
    code, said = _cooee(capsys, "verify", image, "--model", model)
    assert (code, said.count("\n")) == (2, 2)
    assert "not of" in said
    assert "no --model is given" in _cooee(capsys, "verify", image)[1]


@pytest.mark.parametrize("sentinel", core.sentinels(), ids=lambda sentinel: sentinel.name)
def test_a_sentinel_is_packed_shown_and_verified(
    sentinel: core.Sentinel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / f"{sentinel.name}.image"
    assert _cooee(capsys, "pack", sentinel.name, "-o", image)[0] == 0
    code, said = _cooee(capsys, "show", image)
    assert code == 0
    assert f"{sentinel.name}: sentinel {sentinel.id}, version {sentinel.version:08x}, trees" in said
    for feature, normal in zip(sentinel.features, sentinel.normals, strict=True):
        assert f"feature {feature}, normally {normal}\n" in said
    code, said = _cooee(capsys, "verify", image)
    assert code == 0
    assert "those of the ported C on 2048 rows" in said


def test_another_model_under_the_same_name_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bit of a threshold that no golden row lies beside."""
    sound = frozen()["soil"]
    path = tmp_path / "soil.image"
    for place in range(120, 170):
        body = sound[:place] + bytes([sound[place] ^ 0x20]) + sound[place + 1 : -4]
        path.write_bytes(body + zlib.crc32(body).to_bytes(4, "little"))
        code, said = _cooee(capsys, "verify", path, "--sentinels", FROZEN_SENTINELS)
        if "golden rows come out right" in said and code != 0:
            assert (code, said.count("\n")) == (2, 2)
            assert "rows come out otherwise than in the ported C" in said
            return
    pytest.fail("no bit was found that golden rows leave alone and other rows do not")


def test_a_sentinel_that_was_trained_elsewhere_is_compared_with_its_own_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, image = tmp_path / "trained", tmp_path / "soil.image"
    shutil.copytree(FROZEN_SENTINELS, folder)
    said = json.loads((folder / "sentinels.json").read_text())
    said["sentinels"][0]["model"] = "ab" * 32
    said["sentinels"][0]["tree"][1] = "water_hours_left <= -51"
    (folder / "sentinels.json").write_text(json.dumps(said))
    code, line = _cooee(capsys, "pack", "soil", "-o", image, "--sentinels", folder)
    assert (code, line.count("\n"), "otherwise than in the ported C" in line) == (2, 1, True), (
        "the C is of another tree"
    )
    c_file = folder / "soil.c"
    c_file.write_text(c_file.read_text().replace("WATER_HOURS_LEFT] <= -37)", "WATER_HOURS_LEFT] <= -51)"))
    assert _cooee(capsys, "pack", "soil", "-o", image, "--sentinels", folder)[0] == 0
    assert Image.read(image.read_bytes()).version == 0xABABABAB
    assert "those of the ported C" in _cooee(capsys, "verify", image, "--sentinels", folder)[1]
    code, line = _cooee(capsys, "verify", image)
    assert (code, line.count("\n")) == (2, 2)
    assert "is of model abababab" in line


@pytest.mark.parametrize("text", ["", "[]", '{"sentinels": [{"name": "soil"}]}', '{"sentinels": 3}'])
def test_a_folder_that_training_did_not_write_is_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sentinels.json").write_text(text)
    code, line = _cooee(capsys, "pack", "soil", "-o", tmp_path / "x", "--sentinels", tmp_path)
    assert (code, line.count("\n")) == (2, 1)
    assert "again" in line


def _flipped(data: bytes) -> bytes:
    return data[:80] + bytes([data[80] ^ 4]) + data[81:]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_flipped, "the checksum is wrong"),
        (lambda d: d[:-1], "cut short"),
        (lambda d: b"", "cut short"),
        (lambda d: b"%PDF-1.7 and then some more of it", "the image is none"),
    ],
    ids=["damaged", "cut", "empty", "another file"],
)
def test_a_bad_file_is_one_line(made: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.image"
    assert callable(made)
    path.write_bytes(made(frozen()["soil"]))
    for command in ("show", "verify"):
        code, line = _cooee(capsys, command, path)
        assert (code, line.count("\n")) == (2, 1)
        assert said in line


def test_what_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("show", tmp_path / "none"),
        ("pack", "nobody", "-o", tmp_path / "x"),
        ("pack", "soil", "-o", tmp_path / "no" / "folder"),
        ("pack", tmp_path, "-o", tmp_path / "x"),
    ):
        code, line = _cooee(capsys, *words)
        assert (code, line.count("\n")) == (2, 1), line
