#!/usr/bin/env bash
# Builds the wheel, installs it into an empty environment and works with it in an empty folder: tests/installed_wheel.sh
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_CONSTRAINT=$checkout/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$work/build"
"$work/build/bin/pip" wheel -q --use-pep517 -w "$work/wheels" "$checkout"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-index --find-links "$work/wheels" cooee
mkdir "$work/empty"
cd "$work/empty"
PATH=$work/venv/bin:$PATH
unset PIP_CONSTRAINT PYTHONPATH

echo "-- cooee port"
python - <<'PYTHON'
import joblib
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

x, y = load_iris(return_X_y=True)
joblib.dump(DecisionTreeClassifier(random_state=1).fit((x * 10).astype(int), y), "iris.joblib")
PYTHON
cooee port iris.joblib --out ported
cc -std=c99 -Wall -Wextra -Werror -Iported -c ported/iris.c -o iris.o

echo "-- cooee simulate"
cooee simulate --scenario gale --out gale
test -s gale/report.html

echo "-- cooee bench"
cooee bench node-core

echo "-- cooee train"
cooee train --out trained --report trained.md
diff -r trained "$checkout/firmware/sentinels"
diff trained.md "$checkout/docs/TRAINING.md"
