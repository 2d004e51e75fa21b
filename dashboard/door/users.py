"""Who may read the page from elsewhere: names with passwords (scrypt, RFC 7914), and tokens for who has signed in."""

import base64
import hashlib
import hmac
import re
import secrets
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from edge.contract.errors import CooeeError
from edge.edited_file import edited_text, why_unreadable
from edge.farm.file_stamp import Stamp, stamp_of
from edge.service.data_folder import OTHERS, write_private

FILE = "page-users.toml"
"""Its name in the data folder."""
SHORTEST = 10
"""Letters of a password."""
LONGEST = 200
"""Letters of a name or a password."""
NAME = re.compile(r"[\w.@+|-]{1,60}", re.ASCII)
"""What a user may be called; so is a mail address, and what providers call people."""
COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""32 MB and about 0.1 s a try."""
SALT_BYTES = 16
SIGNED_IN_S = 30 * 86_400


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who may read the page and judge calls; `scrypt` is SALT$DIGEST in base64, empty for
    who signs in with an identity provider."""

    name: str
    scrypt: str = field(repr=False)


class Users:
    """The file of users; read anew when it changes. CooeeError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: Stamp | None = None
        self._users: dict[str, User] = {}
        self._refresh()

    def _refresh(self) -> dict[str, User]:
        stamp = stamp_of(self._path)
        if stamp != self._stamp or stamp is None:
            self._users = {user.name: user for user in read_users(self._path)}
            self._stamp = stamp
        return self._users

    def anybody(self, *, with_password: bool) -> bool:
        """Whether somebody could sign in."""
        return any(user.scrypt or not with_password for user in self._refresh().values())

    def find(self, name: str) -> User | None:
        """The user of that name."""
        return self._refresh().get(name)

    def sign_in(self, name: str, password: str) -> str | None:
        """A token that vouches for the user from now on; None when name and password do not fit. Takes as long for a
        name that nobody has."""
        user = self.find(name)
        known = (user.scrypt if user else "") or hash_password("")
        fits = hmac.compare_digest(known, hash_password(password[:LONGEST], _salt(known)))
        return _token(user, int(time.time()) + SIGNED_IN_S) if user and user.scrypt and fits else None

    def signed_in(self, token: str) -> User | None:
        """Whom a token vouches for: it has not expired, and neither user nor password has changed since."""
        encoded, _, rest = token.partition(".")
        try:
            user = self.find(bytes.fromhex(encoded).decode())
            expires = int(rest.partition(".")[0])
        except ValueError:
            return None
        if user is None or not user.scrypt or expires < time.time():
            return None
        return user if hmac.compare_digest(token.encode(), _token(user, expires).encode()) else None


def read_users(path: Path) -> list[User]:
    """Everybody in the file; nobody when there is none. CooeeError when others can read it, or it is damaged."""
    try:
        if path.stat().st_mode & OTHERS:
            raise CooeeError(f"{path} can be read by others: chmod 600 {path}, and give every user a new password")
        rows = tomllib.loads(edited_text(path)).get("user", [])
        users = [User(name=str(row["name"]), scrypt=str(row["scrypt"])) for row in rows]
        for user in users:
            _salt(user.scrypt)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CooeeError(
            f"{path}: is damaged ({why_unreadable(error)}); restore it, or remove it and add the users anew"
        ) from None
    return users


def write_users(path: Path, users: list[User]) -> None:
    """Writes the whole file; CooeeError when it cannot be."""
    rows = "".join(f'\n[[user]]\nname = "{user.name}"\nscrypt = "{user.scrypt}"\n' for user in users)
    write_private(path, "# Written by `cooee dashboard users`.\n" + rows)


def hash_password(password: str, salt: bytes | None = None) -> str:
    """SALT$DIGEST of a password, with a new salt unless one is given."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.scrypt(password.encode(), salt=salt, dklen=32, **COST)
    return f"{base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _salt(scrypt: str) -> bytes:
    return base64.b64decode(scrypt.partition("$")[0], validate=True)


def _token(user: User, expires: int) -> str:
    """NAME.EXPIRES.HMAC, keyed with what only the server has of the user: a new password ends every token."""
    said = f"{user.name.encode().hex()}.{expires}"
    return f"{said}.{hmac.new(user.scrypt.encode(), said.encode(), 'sha256').hexdigest()}"
