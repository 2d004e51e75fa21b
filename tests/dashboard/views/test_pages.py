"""The pages as a reader gets them: headless, through Streamlit's own test harness."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import cloud.clock
import dashboard
from cloud.language.times import at
from cloud.notify.database import Database
from cloud.store import Store, Stored
from dashboard.serving.snapshot import INDEX, page_with_snapshot
from edge.contract.messages import Evidence, Judgement, JudgementVerdict
from edge.core import sentinels
from edge.farm import Farm, parse_farm, sample_farm_text

from ..farm_data import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    call,
    clock,
    dry_block,
    fill,
    frost_comes,
    many_blocks_text,
    reading,
    stored,
)

APP = Path(dashboard.__file__).with_name("app.py")
PAGES = ("views/farm.py", "views/zone.py", "views/sensors.py", "views/past_calls.py", "views/model.py")
SENTENCE = "Tomato block is dry: water 23 mm today."


def opened(page: str = "views/farm.py") -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=300).run()
    return app if page == "views/farm.py" else app.switch_page(page).run()


def say(app: AppTest, call: str, answer: str | None) -> None:
    """Taps an answer of the question about a call; None takes back the one that stands."""
    question: Any = next(e for e in app.get("button_group") if call in str(e.key))
    question.set_value(answer).run()


def shown(app: AppTest) -> str:
    """Everything on the page as text."""
    assert not app.exception, app.exception
    parts = [element.proto.body for element in app.get("html")]
    parts += [
        str(e.value) for kind in (app.title, app.subheader, app.error, app.info, app.warning, app.caption) for e in kind
    ]
    return unescape(re.sub(r"(?s)<(style|script)>.*?</\1>|<[^>]+>", " ", "\n".join(parts))).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_the_first_page_says_what_is_wrong_where_why_and_what_to_do(store: Store, farm: Farm) -> None:
    fill(store, farm, days=2)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    text = shown(opened())
    assert "Simulated farm: its clock says 3 June 2015, 14:20." in text
    assert SENTENCE in text
    assert "Roots have used 21 of 30 mm" in text
    assert "Began 6 hours ago (08:20)." in text
    assert "30% left (water again at 60%)" in text
    assert re.search(r"Fine\s+Apple block\s+\d+% of the water left", text), "the apples, in one line"
    assert text.index("Today") < text.index(SENTENCE) < text.index("Sandy loam"), "what to do stands first"
    assert "Urgent: Tomato block · Fine: Apple block, Apple store" in text


def test_a_block_that_dries_says_for_how_long_it_has_water(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    probes = [node for node in farm.nodes if node.zone == "tomatoes" and "soil_probe" in node.sensors]
    rows = []
    for hours in range(12 * 24):
        wet = 0.195 + 0.0002 * hours
        t = NOW - hours * HOUR + MINUTE
        rows += [reading(farm, node, t, boot=4, soil_moisture_10cm=wet, soil_moisture_30cm=wet) for node in probes]
    store.append(stored(farm, *rows, clock(farm, NOW + MINUTE)))
    assert re.search(r"% of the water left · dry in about [2-6] days \(\d to \d+\)", shown(opened()))


def test_a_map_file_that_cannot_be_used_is_named_and_the_farm_drawn(store: Store, farm: Farm, tmp_path: Path) -> None:
    fill(store, farm, days=1)
    file = Path(os.environ[dashboard.FARM_VARIABLE])
    file.write_text("map: farm.geojson\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    text = shown(opened())
    assert "The outlines of the blocks cannot be read." in text
    assert "farm.geojson: cannot be read (No such file or directory)" in text
    (tmp_path / "farm.geojson").write_text('{"features": []}', encoding="utf-8")
    app = opened()
    assert "no feature has the name of a zone" in shown(app)
    assert any("cooee-plot" in element.proto.body for element in app.get("html"))


def test_a_weather_service_is_used_and_an_old_forecast_is_said_to_be_unused(
    store: Store, farm: Farm, tmp_path: Path
) -> None:
    fill(store, farm, days=1)
    file = Path(os.environ[dashboard.FARM_VARIABLE])
    file.write_text("forecast: {file: weather.csv}\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    unused = "The weather service's forecast is not used."
    coming = tmp_path / "weather.csv"
    coming.write_text("date,et0_mm,lowest_degc\n2015-06-03,6,9\n2015-06-04,6,-1\n2015-06-05,6,5\n", encoding="utf-8")
    text = shown(opened())
    assert unused not in text
    assert "tonight down to about -1°C (-4°C to 2°C)" in text.replace("\N{MINUS SIGN}", "-")
    coming.write_text("date,lowest_degc\n2015-05-29,9\n2015-05-30,-1\n", encoding="utf-8")
    text = shown(opened())
    assert unused in text
    assert "it begins on 2015-05-29, today is 2015-06-03: it is old, have it made every day" in text
    assert "tonight down" not in text


def test_a_services_night_is_colder_in_a_hollow_by_what_its_nights_were_colder(
    store: Store, farm: Farm, tmp_path: Path
) -> None:
    """The tomatoes are 4 degC colder than the weather station among the apples, every night of a week."""
    file = Path(os.environ[dashboard.FARM_VARIABLE])
    text = file.read_text(encoding="utf-8")
    tomatoes = next(line for line in text.splitlines() if "id: tomato-weather" in line)
    text = text.replace(tomatoes, tomatoes.replace("sht3x, anemometer, rain_gauge, barometer", "sht3x"))
    file.write_text("forecast: {file: weather.csv}\n" + text, encoding="utf-8")
    (tmp_path / "weather.csv").write_text(
        "date,lowest_degc\n2015-06-03,9\n2015-06-04,3\n2015-06-05,9\n", encoding="utf-8"
    )
    rows = []
    for hours in range(7 * 24, -1, -1):
        t = NOW - hours * HOUR
        station = reading(farm, farm.node_by_id["apple-weather"], t)
        colder = station.values["air_temperature"] - 4
        rows += [station, reading(farm, farm.node_by_id["tomato-weather"], t, air_temperature=colder)]
    store.append(stored(farm, *rows, clock(farm, NOW)))
    said = shown(opened()).replace("\N{MINUS SIGN}", "-")
    assert "tonight down to about -1°C (-4°C to 2°C)" in said
    assert "tonight down to about 3°C (0°C to 6°C)" in said


def test_who_could_not_be_notified_is_said_in_one_line(
    store: Store, farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, farm, days=1)
    monkeypatch.setenv(dashboard.DATA_VARIABLE, str(tmp_path))
    assert "Notifications" not in shown(opened())
    database = Database(tmp_path)
    database.beat(NOW)
    database.close()
    st.cache_data.clear()
    st.cache_resource.clear()
    assert "Notifications have stopped since 3 June 2015, 14:20: nobody is told." in shown(opened())


def test_a_call_says_who_was_told_of_it(
    store: Store, farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its block's card and on its block's page; notify.db is what `cooee notify` leaves (tests/cloud/notify)."""
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    database, wall = Database(tmp_path), time.time_ns() // 1_000_000
    database.beat(wall)
    values = f"1, 'tomatoes', 'too_dry', {NOW}, {wall}, 'urgent', '', {NOW}"
    database.run(
        f"INSERT INTO incident (id, zone, kind, began, seen_wall, level, title, awake_since) VALUES ({values})"
    )
    database.run(f"INSERT INTO told VALUES (1, 'Anna', {NOW}, {NOW}, 'urgent', 1, 1, 0)")
    database.run(f"INSERT INTO delivery VALUES (1, 'E-Mail', 'sent', 1, 0, '', {wall})")
    database.close()
    assert "Anna was told" not in shown(opened())
    monkeypatch.setenv(dashboard.DATA_VARIABLE, str(tmp_path))
    st.cache_data.clear()
    said = f"Anna was told by E-Mail, {at(wall, farm.timezone, now=wall)}."
    for page in ("views/farm.py", "views/zone.py"):
        assert said in shown(opened(page))
    assert said in unescape(page_with_snapshot(INDEX, "/", {}))


def test_a_button_keeps_the_judgement_and_puts_the_trouble_in_hand(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    app = opened()
    say(app, "tomatoes-too_dry", "handled")
    assert {(j.node, j.verdict) for j in store.judgements(farm.id, 0, NOW)} == {
        (f"tomato-{n}", "handled") for n in (1, 2, 3)
    }
    text = shown(app)
    assert "Answered: handled, just now. In hand until Thu 14:20." in text
    assert "In hand: Tomato block" in text


def test_an_answer_is_taken_back_by_a_second_tap(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    app = opened()
    say(app, "tomatoes-too_dry", "wrong")
    text = shown(app)
    assert "Answered: a false alarm" in text
    assert SENTENCE not in text.split("Tomato · Sandy loam")[0], "nothing to do"
    assert "Tomato block is dry" in text, "the call stays visible as judged"
    say(app, "tomatoes-too_dry", None)
    text = shown(app)
    assert "Answered" not in text
    assert "Urgent: Tomato block" in text


def test_a_frost_is_not_put_away_by_one_tap_while_the_air_falls(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *frost_comes(farm)))
    app = opened()
    say(app, "apples-frost", "wrong")
    assert not store.judgements(farm.id, 0, NOW)
    text = shown(app)
    assert "It is still coming nearer at Apple block." in text
    assert "Do now" in text
    next(b for b in app.button if b.label == "Put away: Apple block: frost").click().run()
    text = shown(app)
    assert "Answered: a false alarm, just now. In hand until 16:20." in text
    assert "Air is 1.0°C and falling." in text
    assert "In hand: Apple block · Fine: Tomato block, Apple store" in text


def test_a_note_is_kept_with_the_answer(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    app = opened()
    say(app, "tomatoes-too_dry", "handled")
    app.text_input[0].input("Valve 3 was shut").run()
    newest = {j.node: (j.verdict, j.note) for j in store.judgements(farm.id, 0, NOW)}
    assert newest == {f"tomato-{n}": ("handled", "Valve 3 was shut") for n in (1, 2, 3)}


def test_silence_looks_like_silence(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=("store-1", "store-2", "store-3"))
    text = shown(opened())
    assert "No word: Apple store" in text
    assert "No sensor here has been heard for 5 hours." in text
    assert "Silent: 3" in text


def test_a_gateway_that_is_away_leaves_nothing_fine(store: Store, farm: Farm) -> None:
    """All nodes 90 minutes late, and the last word of the gateway as old: the page was all green."""
    fill(store, farm, days=1)
    store.append(stored(farm, clock(farm, NOW + 90 * MINUTE)))
    store.append(stored(farm, replace(clock(farm, NOW), t=0, state="offline")))
    text = shown(opened())
    assert "The gateway is not connected" in text
    assert "Not all seen: Tomato block, Apple block, Apple store" in text
    assert not re.search("Fine|[Ww]orking", text)


def test_a_simulated_clock_that_stands_still_is_said(store: Store, farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, farm, days=1)
    monkeypatch.setattr(cloud.clock, "STILL_S", 0.0)
    assert "its clock stands still at 3 June 2015, 14:20" in shown(opened())


def test_a_block_of_which_part_is_unseen_says_which(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=("tomato-1", "tomato-2", "tomato-3", "tomato-4"))
    text = shown(opened())
    assert "Not all seen: Tomato block" in text
    assert "5 sensors: Silent: 4 Working: 1" in " ".join(text.split())
    assert "No sensor here can see dry soil or wet soil now." in text


def test_a_card_names_the_sensor_that_is_silent(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=("store-2",))
    assert "3 sensors: Working: 2 Silent: store-2" in " ".join(shown(opened()).split())


def test_the_sensors_page_tells_silent_faulty_and_fine_apart(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=("apple-2",))
    for name, faulty, why in (("apple-1", "soil_moisture_30cm", ""), ("apple-3", "soil_moisture_10cm", "open")):
        row = reading(farm, farm.node_by_id[name], NOW, boot=3, faults=(faulty,), why=why)
        store.append(stored(farm, row))
    text = shown(opened("views/sensors.py"))
    assert "Silent" in text
    assert "Probe faulty" in text
    assert "these readings cannot be true: soil water at 10 cm (cable cut or loose). Check" in text
    assert "these readings cannot be true: soil water at 30 cm. Check" in text
    assert text.index("apple-2") < text.index("apple-3") < text.index("tomato-1"), "what needs a hand comes first"
    assert "frost, disease weather and strong wind" in text
    assert "needs" not in text, "every sensor of the sample farm sees what it can see of"


def test_the_sensors_page_says_what_a_sensor_cannot_see_and_why(store: Store, farm: Farm) -> None:
    farm_file = Path(os.environ[dashboard.FARM_VARIABLE])
    farm_file.write_text(sample_farm_text().replace("[soil_probe]", "[soil_probe_10cm]", 1))
    fill(store, farm, days=1)
    text = " ".join(shown(opened("views/sensors.py")).split())
    assert "nothing: it only measures" in text
    assert "Not dry soil or wet soil: needs soil water at 30 cm (soil_probe or soil_probe_30cm)" in text


def test_many_sensors_are_found_sorted_and_turned_over(store: Store) -> None:
    text = many_blocks_text(70)
    Path(os.environ[dashboard.FARM_VARIABLE]).write_text(text, encoding="utf-8")
    farm = parse_farm(text, source="farm.yaml")
    fill(store, farm, days=1, silent=("p17", "p44"))
    low = reading(farm, farm.node_by_id["p63"], NOW, boot=3, battery=3.3)
    store.append(stored(farm, low))
    app = opened("views/sensors.py")
    first = sensors_of(app)
    assert (first[:2], len(first)) == (["p17", "p44"], 30)
    assert first[2:6] == ["p1", "w1", "p2", "p3"], "as people count"
    app.number_input[0].set_value(3).run()
    assert len(sensors_of(app)) == 71 - 60
    choose(app, 1, "Lowest battery first")
    app.number_input[0].set_value(1).run()
    assert sensors_of(app)[0] == "p63"
    assert "empty: change it now (3.30 V)" in shown(app)
    choose(app, 0, "dead")
    assert sensors_of(app) == ["p17", "p44"]
    choose(app, 0, None)
    app.text_input[0].input("block 44").run()
    assert sensors_of(app) == ["p44"]
    assert not app.number_input


def choose(app: AppTest, which: int, value: str | None) -> None:
    """Takes a choice of a select box."""
    box: Any = app.selectbox[which]
    box.set_value(value).run()


def sensors_of(app: AppTest) -> list[str]:
    """The table's sensors, in order."""
    assert not app.exception
    return re.findall(r"<strong><bdi>([pw]\d+)</bdi>", "".join(e.proto.body for e in app.get("html")))


def test_the_zone_page_follows_its_address_and_charts_what_is_measured(store: Store, farm: Farm) -> None:
    fill(store, farm, days=3)
    app = AppTest.from_file(str(APP), default_timeout=300).run()
    app.query_params["zone"] = "store"
    app.switch_page("views/zone.py").run()
    text = shown(app)
    assert app.selectbox[0].value == "store"
    assert re.search(r"Ethylene\s+ppm", text)
    assert "Soil water" not in text


def test_the_zone_page_says_how_far_blight_has_run(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=("tomato-weather",))
    node = farm.node_by_id["tomato-weather"]
    damp = [reading(farm, node, NOW - hours * HOUR, boot=3, humidity=96.0) for hours in range(4)]
    store.append(stored(farm, *damp))
    said = "Air as damp as late blight needs: 4 hours in the last day, 0 in the day before; it takes 6 on each."
    assert said in shown(opened("views/zone.py"))
    call_it = call(farm, node.id, "weather", "disease", NOW - HOUR)
    store.append(stored(farm, call_it))
    st.cache_resource.clear()
    assert shown(opened("views/zone.py")).count(said) == 1, "with the call's reasons then"


def test_every_span_of_the_zone_page_draws(store: Store, farm: Farm) -> None:
    fill(store, farm, days=3)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    app = opened("views/zone.py")
    for span in ("Day", "Week", "Month", "Season"):
        choice: Any = app.get("button_group")[0]
        choice.set_value(span).run()
        assert "Tomato block" in shown(app)
        drawn = "".join(element.proto.body for element in app.get("html"))
        assert drawn.count('role="slider"') == 6, f"{span}: five quantities, and what happened"
        assert "No rain in this time." in shown(app)


def test_sensors_at_three_depths_have_lines_of_their_own(store: Store) -> None:
    """History ended in an error."""
    text = sample_farm_text().replace("[soil_probe]", "[soil_probe, soil_probe_60cm]", 1)
    Path(os.environ[dashboard.FARM_VARIABLE]).write_text(text, encoding="utf-8")
    farm = parse_farm(text, source="farm.yaml")
    deep = reading(farm, farm.node_by_id["tomato-1"], NOW)
    store.append(stored(farm, *[replace(deep, t=NOW - h * HOUR, seq=h) for h in range(3)], clock(farm)))
    text = shown(opened("views/zone.py"))
    assert "Solid lines: 10 cm deep. Dashed lines: 30 cm deep. Dotted lines: 60 cm deep." in text


def test_past_calls_are_sentences_with_their_end(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    start = NOW - 3 * DAY
    why = Evidence(feature="gust", value=15.1, unit="m/s")
    gale = call(farm, "apple-weather", "weather", "wind", start, why)
    end = call(farm, "apple-weather", "weather", "wind", start, why, t=start + 5 * HOUR, state="cleared")
    store.append(stored(farm, gale, end))
    text = shown(opened("views/past_calls.py"))
    assert "Apple block : strong wind" in " ".join(text.split())
    assert "5 hours" in text


def test_the_model_page_says_what_runs_where_and_how_it_did(store: Store, farm: Farm) -> None:
    """The version that calls name, over the sensor that called, its kinds apart; what sensors are built with
    elsewhere."""
    fill(store, farm, days=1)
    start = NOW - 10 * DAY
    kinds = ("frost", "frost", "disease")
    calls = [call(farm, "apple-weather", "weather", kind, start + i * DAY) for i, kind in enumerate(kinds)]
    verdicts: tuple[JudgementVerdict, ...] = ("right", "wrong", "wrong")
    said = [
        Judgement(
            farm=farm.id,
            node=each.node,
            sentinel="weather",
            kind=each.kind,
            raised_t=each.raised_t,
            t=NOW,
            verdict=verdict,
        )
        for each, verdict in zip(calls, verdicts, strict=True)
    ]
    store.append([*stored(farm, *calls), *(Stored(zone="apples", message=judgement) for judgement in said)])
    text = " ".join(shown(opened("views/model.py")).split())
    row = r"0badcafe apple-weather [^.]*24 May[^.]*14:20 frost: 1 frost: 1 disease weather: 1 6\.09"
    assert re.search(row, text), "2 wrong in 10 days are 6.09 a month"
    soil = next(sentinel for sentinel in sentinels() if sentinel.name == "soil")
    assert re.search(rf"{soil.version:08x} tomato-1.*? 0 0 No call was judged yet", text)


def test_a_past_call_can_be_judged_too(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    start = NOW - 3 * DAY
    gale = call(farm, "apple-weather", "weather", "wind", start)
    store.append(
        stored(farm, gale, call(farm, "apple-weather", "weather", "wind", start, t=start + 5 * HOUR, state="cleared"))
    )
    app = opened("views/past_calls.py")
    say(app, "apples-wind", "wrong")
    assert [(j.node, j.verdict) for j in store.judgements(farm.id, 0, NOW)] == [("apple-weather", "wrong")]
    assert "False alarm" in shown(app)
    say(app, "apples-wind", None)
    assert "Not judged" in shown(app)


def test_history_comes_back_when_the_farm_file_is_mended(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    file = Path(os.environ[dashboard.FARM_VARIABLE])
    file.write_text(sample_farm_text().replace("crop: tomato", "crop: unicorn"), encoding="utf-8")
    app = opened("views/zone.py")
    assert "farm file cannot be used" in shown(app)
    file.write_text(sample_farm_text(), encoding="utf-8")
    assert "Soil water" in shown(app.run())


def each_page() -> Iterator[tuple[str, str]]:
    """Every page with its text, as one reader goes through them."""
    app = opened()
    for page in PAGES:
        yield page, shown(app.switch_page(page).run())


def test_an_empty_store_says_what_to_do(store: Store, farm: Farm) -> None:
    for page, text in each_page():
        assert "No sensor has reported yet." in text, page
        assert "Fine:" not in text, page
    assert "Tomato block, Apple block, Apple store: No sensor here has been heard yet." in shown(opened())


def test_a_missing_store_says_what_to_do(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(dashboard.STORE_VARIABLE, f"sqlite={tmp_path / 'nowhere.db'}")
    for page, text in each_page():
        assert "records cannot be reached" in text, page
        assert "start ingest" in text, page
        assert not re.search("Fine|[Ww]orking", text), page


def test_a_damaged_store_is_said_on_the_page(store: Store, farm: Farm) -> None:
    fill(store, farm, days=2)
    store.close()
    path = Path(os.environ[dashboard.STORE_VARIABLE].removeprefix("sqlite="))
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * (pages - 1))
    text = shown(opened())
    assert "records cannot be reached" in text
    assert "the file is damaged" in text


def test_a_broken_farm_file_names_its_line(store: Store) -> None:
    Path(os.environ[dashboard.FARM_VARIABLE]).write_text(sample_farm_text().replace("crop: tomato", "crop: unicorn"))
    for page, text in each_page():
        assert "farm file cannot be used" in text, page
        assert "zones[0].crop" in text, page


def test_text_from_outside_stays_text(store: Store, farm: Farm) -> None:
    name = "<script>alert(1)</script>"
    Path(os.environ[dashboard.FARM_VARIABLE]).write_text(
        sample_farm_text().replace("name: Tomato block", f'name: "{name}"')
    )
    fill(store, farm, days=1)
    bad = Evidence(feature="<img src=x>", value=1.0, unit="<b>")
    store.append(stored(farm, call(farm, "tomato-1", "soil", "<i>odd</i>", NOW - HOUR, bad)))
    app = opened()
    html = "\n".join(element.proto.body for element in app.get("html"))
    assert not app.exception
    assert "<script>alert" not in html
    assert "<i>odd" not in html
    assert "<img src=x" not in html
    assert name in unescape(html)
