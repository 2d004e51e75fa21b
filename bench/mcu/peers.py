"""Other generators of C, each wrapped as `uint8_t peer_predict(const T *row)`."""

import copy
import importlib.util
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import m2cgen
import numpy as np
from micromlgen import port as micromlgen_port
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from cloud.porting.check.boards import Program
from cloud.porting.read.pipeline import read_scaling, steps_of

with np.errstate():  # emlearn makes every underflow in the process an error
    import emlearn


def micromlgen(estimator: Any, features: int) -> Program:
    """micromlgen as it is but for <cstdarg>, which avr-gcc lacks, and for extra trees, which it takes for a forest."""
    if isinstance(estimator, ExtraTreesClassifier):
        forest = RandomForestClassifier()
        forest.__dict__ = estimator.__dict__
        estimator = forest
    code = micromlgen_port(estimator, classname="Peer").replace("<cstdarg>", "<stdarg.h>").replace("#pragma once", "")
    source = (
        '#include "peer.h"\n#include <stdint.h>\n' + code + "\nstatic Eloquent::ML::Port::Peer peer;\n"
        'extern "C" uint8_t peer_predict(const float *row) { return (uint8_t)peer.predict((float *)row); }\n'
    )
    return Program(
        files={"peer.h": _header("float"), "peer.cpp": source},
        header="peer.h",
        predict="peer_predict",
        c_type="float",
        features=features,
    )


def emlearn_peer(method: str, dtype: str) -> Callable[[Any, int], Program]:
    """emlearn's trees, `inline` or `loadable`, on features of a C type; votes are hard, its default."""

    def build(estimator: Any, features: int) -> Program:
        code = emlearn.convert(estimator, method=method, dtype=dtype).save(name="model", format="c", inference=[method])
        source = (
            '#include "peer.h"\n'
            + code
            + f"\nuint8_t peer_predict(const {dtype} *row) {{ return (uint8_t)model_predict(row, {features}); }}\n"
        )
        return Program(
            files={"peer.h": _header(dtype), "peer.c": source},
            header="peer.h",
            predict="peer_predict",
            c_type=dtype,
            features=features,
            flags=(f"-I{emlearn.includedir}",),
        )

    return build


def emlearn_net(estimator: Any, features: int) -> Program:
    """emlearn's net, in float."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.h"
        emlearn.convert(estimator, method="inline").save(file=str(path), name="model")
        code = path.read_text()
    source = (
        '#include "peer.h"\n'
        + code
        + f"\nuint8_t peer_predict(const float *row) {{ return (uint8_t)model_predict(row, {features}); }}\n"
    )
    return Program(
        files={"peer.h": _header("float"), "peer.c": source},
        header="peer.h",
        predict="peer_predict",
        c_type="float",
        features=features,
        flags=(f"-I{emlearn.includedir}",),
    )


def m2cgen_peer(estimator: Any, features: int) -> Program:
    """m2cgen with an argmax; a double has four bytes on an AVR."""
    classes = len(estimator.classes_)
    code = m2cgen.export_to_c(estimator)
    code = re.sub(r"\bvoid score\(", "static void score(", re.sub(r"\bdouble score\(", "static double score(", code))
    if classes == 2 and "static double score(" in code:
        decide = "return score((double *)row) > 0;"
    else:
        decide = (
            f"double out[{classes}]; uint8_t best = 0; score((double *)row, out); "
            f"for (uint8_t c = 1; c < {classes}; c++) if (out[c] > out[best]) best = c; return best;"
        )
    source = f'#include "peer.h"\n{code}\nuint8_t peer_predict(const double *row) {{ {decide} }}\n'
    return Program(
        files={"peer.h": _header("double"), "peer.c": source},
        header="peer.h",
        predict="peer_predict",
        c_type="double",
        features=features,
    )


def tl2cgen_peer(estimator: Any, features: int) -> Program:
    """tl2cgen, which takes forests from treelite, with the copying of a row into its unions and an argmax."""
    treelite, tl2cgen = (importlib.import_module(name) for name in ("treelite", "tl2cgen"))
    with tempfile.TemporaryDirectory() as folder:
        tl2cgen.generate_c_code(treelite.sklearn.import_model(estimator), dirpath=folder, params={}, verbose=False)
        files = {path.name: path.read_text() for path in Path(folder).glob("*.[ch]")}
    classes = len(estimator.classes_)
    files["peer.h"] = _header("double")
    files["peer.c"] = (
        '#include "peer.h"\n#include "header.h"\nuint8_t peer_predict(const double *row)\n{\n'
        f"    union Entry data[{features}];\n    double out[{classes}] = {{0}};\n    uint8_t best = 0;\n"
        f"    for (uint16_t i = 0; i < {features}; i++) data[i].fvalue = row[i];\n    predict(data, 0, out);\n"
        f"    for (uint8_t c = 1; c < {classes}; c++) if (out[c] > out[best]) best = c;\n    return best;\n}}\n"
    )
    return Program(files=files, header="peer.h", predict="peer_predict", c_type="double", features=features)


def _header(c_type: str) -> str:
    return f'#include <stdint.h>\n#ifdef __cplusplus\nextern "C"\n#endif\nuint8_t peer_predict(const {c_type} *row);\n'


TREE_PEERS: dict[str, Callable[[Any, int], Program]] = {
    "micromlgen": micromlgen,
    "emlearn float": emlearn_peer("inline", "float"),
    "emlearn int16": emlearn_peer("inline", "int16_t"),
    "emlearn loadable": emlearn_peer("loadable", "int16_t"),
    "m2cgen": m2cgen_peer,
    **({"tl2cgen": tl2cgen_peer} if importlib.util.find_spec("tl2cgen") else {}),
}
"""tl2cgen where somebody has installed it (pip install --no-deps tl2cgen==1.0.0 treelite==4.8.1)."""

LINEAR_PEERS: dict[str, Callable[[Any, int], Program]] = {"micromlgen": micromlgen, "m2cgen": m2cgen_peer}
NET_PEERS: dict[str, Callable[[Any, int], Program]] = {"emlearn float": emlearn_net}


def without_scaler(estimator: Any) -> Any:
    """A pipeline's classifier with the scaler folded into its weights, for peers that know no pipelines."""
    *before, classifier = steps_of(estimator)
    matrix, offset = read_scaling(before, [str(i) for i in range(estimator.n_features_in_)]).affine()
    plain = copy.deepcopy(classifier)
    if isinstance(plain, LogisticRegression):
        plain.intercept_ = plain.intercept_ + plain.coef_ @ offset
        plain.coef_ = plain.coef_ @ matrix
    else:
        plain.intercepts_[0] = plain.intercepts_[0] + offset @ plain.coefs_[0]
        plain.coefs_[0] = matrix.T @ plain.coefs_[0]
    return plain
