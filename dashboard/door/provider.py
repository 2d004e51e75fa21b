"""Signing in with an identity provider (OpenID Connect): Streamlit's st.login, and then only who is a user of ours.

A provider vouches for whoever has an account there, so that alone lets nobody in.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from cloud.language.speech import say
from edge.contract.errors import CooeeError
from edge.service.data_folder import OTHERS

from .. import USERS_VARIABLE
from .users import Users

SECTION = "auth"
"""Of Streamlit's secrets.toml."""
LOGOUT = "/auth/logout"


def is_configured() -> bool:
    """Whether secrets.toml names a provider. CooeeError when others can read that file."""
    try:
        if SECTION not in st.secrets:
            return False
    except StreamlitSecretNotFoundError:
        return False
    for path in map(Path, st.get_option("secrets.files")):
        if path.is_file() and path.stat().st_mode & OTHERS:
            raise CooeeError(f"{path} can be read by others: chmod 600 {path}, and change the secrets in it")
    return True


def asks() -> bool:
    """Whether readers of this page sign in with a provider."""
    return bool(os.environ.get(USERS_VARIABLE)) and is_configured()


def let_in() -> None:
    """Ends this run of the page with a way to sign in, unless a user of ours has."""
    if is_in():
        return
    st.title("Cooee", anchor=False)
    if st.user.is_logged_in:
        st.error(say("{name} may not read this page.", name=str(st.user.get("email") or st.user.get("sub"))))
        st.page_link(f".{LOGOUT}", label=say("Sign out"))
    else:
        for provider in _providers():
            label = say("Sign in with {provider}", provider=provider) if provider else say("Sign in")
            st.button(label, type="primary", on_click=st.login, args=(provider,) if provider else ())
    st.stop()


def is_in() -> bool:
    """Whether a user of ours has signed in: by the mail address that the provider has verified, or its `sub`."""
    if not st.user.is_logged_in:
        return False
    users = Users(Path(os.environ[USERS_VARIABLE]))
    verified = st.user.get("email") if st.user.get("email_verified") is True else None
    return any(isinstance(name, str) and users.find(name) for name in (verified, st.user.get("sub")))


def _providers() -> list[str | None]:
    named = [str(name) for name, value in st.secrets[SECTION].items() if isinstance(value, Mapping)]
    return [*named] or [None]
