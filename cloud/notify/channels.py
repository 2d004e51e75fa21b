"""A person's ways to be reached: by Apprise, or in a file. Nothing of an address passes to logs or to errors."""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import apprise

LONGEST_ERROR = 200
FILE_SCHEME, FILE_NAME = "file://", "File"
_apprise_log = logging.getLogger("apprise")


class _Complaints(logging.Handler):
    """What Apprise complains about, instead of in our log: it names addresses."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line."""
        self.lines = [*self.lines[-9:], record.getMessage()]


# From the import on: Apprise complains of a whole address when it cannot read one.
_complaints = _Complaints()
_apprise_log.handlers = [_complaints]
_apprise_log.propagate = False
_apprise_log.setLevel(logging.WARNING)


def service(url: str) -> str | None:
    """What an address leads to ("E-Mail", "ntfy"); None when it cannot be read."""
    if url.startswith(FILE_SCHEME):
        return FILE_NAME if Path(url.removeprefix(FILE_SCHEME)).is_absolute() else None
    found = apprise.Apprise.instantiate(url)
    return None if found is None else str(getattr(found, "service_name", "unknown"))


class Channel:
    """One address of a person; `name` says what it is ("E-Mail", "ntfy 2"). One message at a time may be sent, over all
    channels."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url

    def send(self, title: str, body: str) -> str | None:
        """Sends a message; what went wrong, None when it was taken."""
        if self._url.startswith(FILE_SCHEME):
            return _append(Path(self._url.removeprefix(FILE_SCHEME)), title, body)
        _complaints.lines = []
        asset = apprise.AppriseAsset(app_id="Cooee", app_desc="Cooee", async_mode=False)
        sender = apprise.Apprise(asset=asset)
        try:
            if sender.add(self._url) and sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
                return None
        except Exception as error:
            return f"Apprise failed ({type(error).__name__})"
        lines = _complaints.lines or ["it was not taken, without a reason"]
        return without_secrets(self._url, lines[-1])


def _append(path: Path, title: str, body: str) -> str | None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{title}\n{body}\n\n")
    except OSError as error:
        return f"the file cannot be written ({error.strerror})"
    return None


def without_secrets(url: str, text: str) -> str:
    """A text on one line without any part of an address."""
    address, _, query = url.partition("://")[2].partition("?")
    secrets = [address, unquote(address), *(value for _, value in parse_qsl(query))]
    parts = {part for secret in secrets for part in re.split(r"[:/&,@#+\s]+", secret)}
    for part in sorted((part for part in parts if len(part) > 2), key=len, reverse=True):
        text = re.sub(re.escape(part), "…", text, flags=re.IGNORECASE)
    return " ".join(text.split())[:LONGEST_ERROR]


def channels(urls: Sequence[str]) -> list[Channel]:
    """A channel for each address, with a name of its own."""
    services = [service(url) or "unknown" for url in urls]
    seen: Counter[str] = Counter()
    found = []
    for url, name in zip(urls, services, strict=True):
        seen[name] += 1
        found.append(Channel(f"{name} {seen[name]}" if services.count(name) > 1 else name, url))
    return found
