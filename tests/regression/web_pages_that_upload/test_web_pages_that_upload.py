"""Any web site that was open in a browser on the gateway's machine could upload readings: a form or a picture whose
address is 127.0.0.1:8117 goes out with no question asked. A station sends neither of the headers that browsers do."""

from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from edge.sources.uploads import UploadInlet


@pytest.mark.parametrize(
    ("method", "header"),
    [
        ("POST", ("Origin", "http://evil.example")),
        ("POST", ("Origin", "null")),
        ("GET", ("Sec-Fetch-Site", "cross-site")),
    ],
)
def test_what_a_browser_sends_is_refused_and_what_a_station_sends_is_taken(
    method: str, header: tuple[str, str]
) -> None:
    inlet = UploadInlet("127.0.0.1:0")
    inlet.follow({"/ecowitt"})
    address = f"http://127.0.0.1:{inlet.port}/ecowitt?tempf=50"
    try:
        upload = Request(address, b"humidity=60" if method == "POST" else None, dict([header]))
        with pytest.raises(HTTPError, match="403"):
            build_opener(ProxyHandler({})).open(upload, timeout=60)
        assert inlet.take() == []
        upload.remove_header(header[0].capitalize())
        with build_opener(ProxyHandler({})).open(upload, timeout=60) as answer:
            assert answer.status == 200
        assert len(inlet.take()) == 1
    finally:
        inlet.close()
