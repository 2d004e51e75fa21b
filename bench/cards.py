"""A card for each sentinel, docs/sentinels/NAME.md, from what other commands wrote: `python -m bench.cards`.

From sentinels.json (cooee train), TRAINING.md (the same), reality.json (cooee bench reality) and sizes.csv (cooee bench
sizes). After any of these has run again, this has to.
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds

from .bootstrap import in_words

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "sentinels"
TEST_SEASONS = re.compile(r"^Test seasons:\n(.*?)^Validation seasons:", re.MULTILINE | re.DOTALL)
CONFIDENCE = re.compile(r"^## (\w+):.*?^(Confidence, test seasons .+?)\n\n?(?=## |\Z)", re.MULTILINE | re.DOTALL)


def cards() -> dict[str, str]:
    """Markdown of each sentinel, by name. CooeeError names a file that cannot be read."""
    try:
        table = json.loads((ROOT / "firmware/sentinels/sentinels.json").read_text(encoding="utf-8"))
        training = (ROOT / "docs/TRAINING.md").read_text(encoding="utf-8")
        reality = json.loads((ROOT / "docs/figures/reality.json").read_text(encoding="utf-8"))
        with (ROOT / "docs/figures/sizes.csv").open(encoding="utf-8", newline="") as lines:
            sizes = list(csv.DictReader(lines))
    except (OSError, ValueError) as error:
        raise CooeeError(f"no cards: {error}") from None
    simulated = "".join(TEST_SEASONS.findall(training))
    confidence = dict(CONFIDENCE.findall(training))
    return {
        s["name"]: _card(s, table["data"], simulated, confidence[s["name"]], reality, sizes) for s in table["sentinels"]
    }


def _card(
    sentinel: dict[str, Any],
    data: str,
    simulated: str,
    confidence: str,
    reality: dict[str, Any],
    sizes: list[dict[str, str]],
) -> str:
    own = sentinel["classes"][1:]
    lines = [
        f"# Sentinel {sentinel['name']}",
        "",
        "Written by `python -m bench.cards`.",
        "",
        f"**What for.** Calls when a block is or will be {', '.join(kinds()[kind].words for kind in own)}. It sees one "
        "node's sensors, knows no forecast, and is no substitute for a look at the crop.",
        "",
        f"**Trained on.** Simulated seasons under measured weather, data set {data} (docs/TRAINING.md): "
        + ", ".join(f"{count:,} rows {name}" for name, count in sentinel["training_rows"].items())
        + f". A {sentinel['candidate']}. Model {sentinel['model'][:16]}.",
        "",
        f"**Features.** {', '.join(sentinel['features'])}.",
        "",
        "## Simulated, test seasons",
        "",
        "Sentinel, and below it the best fixed thresholds; 95 % intervals over seasons in brackets.",
        "",
        *dict.fromkeys(re.findall(r"^\| trouble .+\n\|[-|]+$", simulated, re.MULTILINE)),
    ]
    lines += [row for row in re.findall(r"^\| .+ \|$", simulated, re.MULTILINE) if _kind(row) in own]
    lines += ["", "## Confidence", "", confidence, *_in_reality(own, reality)]
    lines += [
        "",
        "## Cost",
        "",
        "| board | flash, bytes | RAM, bytes | a wake |",
        "|---|---|---|---|",
        *(
            f"| {row['board']} | {row['flash']} | {row['ram']} | {int(row['wake']):,} {row['counts']} |"
            for row in sizes
            if row["part"] == sentinel["name"]
        ),
        "",
    ]
    return "\n".join(lines)


def _in_reality(own: list[str], reality: dict[str, Any]) -> list[str]:
    """How its kinds did by measured weather, and where they failed."""
    missing = [kind for kind in own if kind not in reality]
    failures = [f"- {line}" for kind in own for line in _failures(kind, reality.get(kind, {}))]
    return [
        "",
        "## Measured",
        "",
        "Sentinel and published rules, 95 % intervals in brackets (docs/REALITY.md).",
        "",
        "| trouble | who | places, days | true | found | in time | grey | false | recall | false rate | lead, h |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_measured(kind, who, f) for kind in own for who, f in reality.get(kind, {}).items()),
        "",
        *([f"Measured nowhere yet: {', '.join(missing)}.", ""] if missing else []),
        "## Where it fails",
        "",
        *(failures or ["- Not known."]),
    ]


def _kind(row: str) -> str:
    """What a row of TRAINING.md is of: too_dry, be it rain-fed or irrigated."""
    return row.strip("| ").split(" | ")[0].split(",")[0]


def _measured(kind: str, who: str, f: dict[str, Any]) -> str:
    timed = f["lead_h"]["value"] is not None
    return (
        f"| {kind} | {who} | {f['places']}, {f['days']} | {f['troubles']} | {f['found']} | "
        f"{f['in_time'] if timed else '-'} | {f['grey']} | {f['false']} | {in_words(f['recall'])} | "
        f"{in_words(f['false_rate'])} a {f['unit']} | {in_words(f['lead_h'], '.1f')} |"
    )


def _failures(kind: str, callers: dict[str, Any]) -> list[str]:
    """What the measured figures say against it."""
    own = callers.get("sentinel")
    if own is None:
        return [f"{kind}: nobody knows how it does in a real field."]
    said = []
    if own["found"] < own["troubles"]:
        said.append(f"{kind}: missed {own['troubles'] - own['found']} of {own['troubles']} measured.")
    if own["false"]:
        said.append(f"{kind}: {own['false']} of {own['calls']} calls on measured data were false.")
    better = [
        who for who, f in callers.items() if f["found"] >= own["found"] and f["false"] <= own["false"] and f is not own
    ]
    if better:
        said.append(f"{kind}: {', '.join(better)} found as many or more with no more false calls.")
    return said


def main() -> None:
    """Writes the cards anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in cards().items():
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
