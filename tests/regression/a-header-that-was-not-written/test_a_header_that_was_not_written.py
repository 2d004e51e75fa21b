"""`cooee port` of an int4 net wrote C that includes cooee/weights.h, and only flash.h beside it: it did not compile."""

import subprocess
from pathlib import Path

from sklearn.datasets import load_digits

from cloud.models import LowBitNetClassifier
from cloud.porting import port
from cloud.porting.cli import write


def test_the_folder_alone_compiles(tmp_path: Path) -> None:
    x, y = load_digits(return_X_y=True)
    net = LowBitNetClassifier(hidden=12, density=0.2, epochs=1, random_state=0).fit(x[::4], y[::4])
    written = write(port(net, name="net", feature_type="uint8"), tmp_path)
    assert '#include "cooee/weights.h"' in (tmp_path / "net.c").read_text()
    assert {path.name for path in written} == {"net.h", "net.c", "net_golden.h", "flash.h", "weights.h"}
    subprocess.run(["cc", "-std=c99", f"-I{tmp_path}", "-c", tmp_path / "net.c", "-o", tmp_path / "net.o"], check=True)
