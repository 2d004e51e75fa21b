"""What people say, kept: the one time that the page writes to the store."""

from collections.abc import Callable

from cloud.advice.trouble import Trouble
from cloud.farm_view import keep_judgement, keep_record
from cloud.store import Store, open_store
from edge.contract.messages import JudgementVerdict, Record

from . import farm, outlook, past
from .source import source


def judge(trouble: Trouble, verdict: JudgementVerdict, note: str = "") -> None:
    """Keeps what a person says of every call of a trouble."""
    _keep(lambda store: keep_judgement(store, trouble, verdict, note))


def write(record: Record) -> None:
    """Keeps what a person wrote down of a block, or its correction."""
    _keep(lambda store: keep_record(store, record))


def _keep(keep: Callable[[Store], None]) -> None:
    """Opens the store to write, and forgets the answers from before."""
    _, url = source()
    store = open_store(url)
    try:
        keep(store)
    finally:
        store.close()
    for answers in (farm, past, outlook):
        answers.forget()
