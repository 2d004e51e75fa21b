"""Looks at the farm, tells its people what the rules say, and takes their answers (docs/NOTIFY.md)."""

import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import cast

from edge.contract.errors import StoreError
from edge.farm.file import FarmFile
from edge.service.metrics import Counts

from ..block.probe_watch import ProbeWatch
from ..block.weather_service import Asked
from ..clock import Pace, local
from ..farm_view import keep_judgement, view_farm
from ..frost_watch import FrostWatch
from ..language.reader import Reader, reader_of, speaking_to
from ..language.speech import mark, say
from ..language.times import at
from ..store import open_store
from ..zone_memory import ZoneMemory
from . import words
from .alerts import Alerts
from .answers import SAID, Reply, Signer, answer_of
from .concerns import concerns, gateway_is_silent
from .database import Database
from .deliveries import Deliveries
from .people import PeopleFile, Person
from .rules import Incident, digest_is_due, due
from .state import Answer, Link, State

log = logging.getLogger("cooee.notify")

BEAT_MS = 30_000
LOOK_AGAIN_MS = 20_000
BY_MQTT_SNOOZE_MS = 2 * 3_600_000
NOT_KEPT = mark("The answer could not be kept. Try again in a minute.")


def wall_ms() -> int:
    """This machine's clock, UTC ms."""
    return time.time_ns() // 1_000_000


class Notifier:
    """Tells the people in `people` of the farm in `file` what the store at `url` says, and keeps in `database` what it
    told. `clock` gives this machine's time [UTC ms]; `base` is how links to answers begin."""

    def __init__(
        self,
        file: FarmFile,
        url: str,
        people: PeopleFile,
        database: Database,
        *,
        base: str,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self._file = file
        self._farm = file.farm
        self._url = url
        self._people = people
        self._database = database
        self._state = State(database)
        self._deliveries = Deliveries(database)
        self._base = base.rstrip("/")
        self._clock = clock
        self._pace = Pace()
        self._probes = ProbeWatch()
        self._frost = FrostWatch(Asked(), file.folder)
        self._zones = ZoneMemory()
        self._lock = threading.RLock()
        self._incidents: dict[int, Incident] = {}
        self._answers: list[tuple[str, str, str]] = []
        self._now = 0
        self._next_beat = 0
        self._newest = 0
        self._sent: Counter[str] = Counter()
        self._not_sent: Counter[str] = Counter()
        self._waiting = 0
        self._unreachable = False
        self.signer = Signer(database.key)
        self._beat()

    def step(self, alerts: Alerts | None = None, stop: Callable[[], bool] = lambda: False) -> None:
        """Looks at the farm, takes answers, and sends what is due. A store or a receiver that is away is tried again
        at later steps."""
        try:
            with self._lock:
                self._beat()
                self._look()
                if alerts is not None:
                    self._answers += alerts.answers()
                    self._take()
                    with speaking_to(reader_of(self._farm)):
                        alerts.say(self._farm, list(self._incidents.values()))
            self._send(stop)
            with self._lock:
                self._waiting = self._deliveries.count()
            self._unreachable = False
        except (StoreError, sqlite3.Error) as error:
            if not self._unreachable:
                log.error("cannot look at the farm, trying again: %s", error)
            self._unreachable = True

    def count(self, *, connected: bool) -> Counts:
        """What was told by the last step, by the channels' names. `connected`: whether the broker has let us in."""
        return Counts(
            waiting=self._waiting,
            connected=connected,
            stored=self._sent.copy(),
            refused=self._not_sent.copy(),
            dropped={"any": self._deliveries.given_up},
            newest_age_s=(self._now - self._newest) / 1000 if self._newest else None,
        )

    def _beat(self) -> None:
        wall = self._clock()
        if not self._next_beat - BEAT_MS <= wall < self._next_beat:  # due, or the clock was set back
            self._next_beat = wall + BEAT_MS
            self._database.beat(wall)

    def _look(self) -> None:
        self._farm = self._file.refresh()
        self._people.refresh(self._farm)
        self._database.note_people(self._people.fault)
        store = open_store(self._url, read_only=True)
        try:
            view = view_farm(self._farm, store, self._pace, self._probes, self._frost, self._zones)
        finally:
            store.close()
        self._now, wall = view.now, self._clock()
        self._newest = max((each.last.t for zone in view.zones for each in zone.sensors if each.last), default=0)
        with self._database.transaction():
            found, unknown = concerns(view), gateway_is_silent(view)
            with speaking_to(reader_of(self._farm)):
                zones = {zone.id for zone in self._farm.zones}
                incidents = self._state.follow(found, self._now, wall, zones, sensors_unknown=unknown)
            for person in self._people.people:
                with speaking_to(person.reads(self._farm)):
                    self._tell(person, incidents, wall)
        self._incidents = {incident.id: incident for incident in incidents}

    def _tell(self, person: Person, incidents: Sequence[Incident], wall: int) -> None:
        now, here = self._now, local(self._now, self._farm.timezone)
        digest = digest_is_due(person, self._state.last_digest(person.name, now), here)
        if digest:
            self._state.digest_was_due(person.name, now)
        notices = due(person, self._people.people, incidents, now, here, digest=digest)
        if notices:
            title, body = words.message(
                self._farm, notices, now, lambda incident: self._link(self._state.new_link(incident.id, person.name))
            )
            names = [channel.name for channel in self._people.channels[person.name]]
            self._deliveries.queue(person.name, names, title, body, notices, now, wall)

    def _link(self, number: int) -> str:
        return f"{self._base}/a/{self.signer.token(number)}"

    def _send(self, stop: Callable[[], bool]) -> None:
        """Sends what waits; not under the lock, so that answers are taken meanwhile. After LOOK_AGAIN_MS the rest waits
        for the next look: receivers that do not answer keep nobody from what is new."""
        with self._lock:
            began = self._clock()
            waiting = self._deliveries.waiting(began)
        for delivery in waiting:
            if stop() or self._clock() - began > LOOK_AGAIN_MS:
                return
            channel = next(
                (c for c in self._people.channels.get(delivery.person, ()) if c.name == delivery.channel), None
            )
            with self._lock:
                if channel is None:
                    self._deliveries.drop(delivery)
                    continue
                self._deliveries.sending(delivery)
            error = channel.send(delivery.title, delivery.body)
            with self._lock:
                if error is None:
                    self._deliveries.sent(delivery, self._clock())
                    self._sent[delivery.channel] += 1
                    log.info("told %s by %s", delivery.person, delivery.channel)
                else:
                    self._deliveries.not_sent(delivery, error, self._clock())
                    self._not_sent[delivery.channel] += 1
                    log.warning("could not reach %s by %s: %s", delivery.person, delivery.channel, error)

    def look_at_link(self, number: int) -> Reply:
        """What the page behind a link shows."""
        with self._lock:
            link = self._state.link(number)
            reader = self._reader(link.person if link else "")
            with speaking_to(reader):
                return self._page_of(link)._replace(reader=reader)

    def _page_of(self, link: Link | None) -> Reply:
        if not self._now:
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE, say("Only just started: try again in a minute."))
        incident = self._incidents.get(link.incident) if link else None
        if link is None or incident is None or incident.concern is None:
            return Reply(HTTPStatus.GONE, say("This trouble is over."))
        if link.used:
            used, said = say("This link has been used."), say(SAID[link.used])
            return Reply(HTTPStatus.GONE, f"{used} {said}")
        return Reply(HTTPStatus.OK, incident.concern.advice.title, buttons=True)

    def _reader(self, name: str) -> Reader:
        """How the person of that name reads; the farm's way for one who is not in people.toml any more."""
        person = next((person for person in self._people.people if person.name == name), None)
        return person.reads(self._farm) if person else reader_of(self._farm)

    def answer_by_link(self, number: int, answer: str) -> Reply:
        """Takes an answer that came by a link, once."""
        with self._lock:
            reply = self.look_at_link(number)
            link = self._state.link(number)
            if not reply.buttons or link is None:
                return reply
            person = next((person for person in self._people.people if person.name == link.person), None)
            snooze_ms = 1000 * person.snooze if person else BY_MQTT_SNOOZE_MS
            status, said, again = HTTPStatus.OK, SAID[answer], False
            try:
                self._answer(self._incidents[link.incident], cast(Answer, answer), link.person, snooze_ms)
                self._state.use(number, cast(Answer, answer))
            except (StoreError, sqlite3.Error) as error:
                log.error("could not keep the answer of %s: %s", link.person, error)
                status, said, again = HTTPStatus.SERVICE_UNAVAILABLE, NOT_KEPT, True
            with speaking_to(reply.reader):
                return reply._replace(status=status, title=say(said), buttons=again)

    def _take(self) -> None:
        """Takes the answers that came by MQTT; one that cannot be kept, and those after it, stay for the next look."""
        while self._answers:
            zone, kind, word = self._answers[0]
            found = [i for i in self._incidents.values() if (i.zone, i.kind) == (zone, kind) and i.concern is not None]
            if found and (answer := answer_of(word)):
                self._answer(found[0], cast(Answer, answer), "MQTT", BY_MQTT_SNOOZE_MS)
            else:
                log.warning("an answer by MQTT to %s of %s that fits nothing: %.20r", kind, zone, word)
            del self._answers[0]

    def _answer(self, incident: Incident, answer: Answer, who: str, snooze_ms: int) -> None:
        """Keeps an answer where the page sees it too: the judgement of a call in the store, all else in our state."""
        concern = incident.concern
        assert concern is not None
        if answer != "snooze" and concern.trouble is not None:
            store = open_store(self._url)
            try:
                with speaking_to(reader_of(self._farm)):
                    note = f"{who}, {at(self._now, self._farm.timezone)}"
                keep_judgement(store, concern.trouble, answer, note)
            finally:
                store.close()
        self._state.answer(incident.id, answer, concern, self._now, snooze_ms=snooze_ms)
        log.info("%s says of %s in %s: %s", who, incident.kind, incident.zone, answer)
