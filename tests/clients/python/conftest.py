"""Points the official client at the gateway under test and provides what the cases share."""

import os

import pytest
import requests
from midtransclient.config import ApiConfig

pytest.register_assert_rewrite("merchant", "receiver", "till")

import merchant  # noqa: E402  (the rewrite of its assertions has to be asked for first)
from receiver import Receiver  # noqa: E402
from till import Till  # noqa: E402


def pytest_configure():
    """Overrides the client's base URLs: the one change an integrator makes."""
    url = os.environ.get("GERAI_URL", "").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise pytest.UsageError(
            "GERAI_URL is not set to the gateway's base URL. Start one, for example with"
            " `gerai sandbox --listen 127.0.0.1:0 --in-memory`, and set GERAI_URL to the address"
            " that it prints after `listening on`."
        )
    # The gateway and the receivers are local: a proxy of the machine has no part in this.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
    ApiConfig.CORE_SANDBOX_BASE_URL = url
    ApiConfig.CORE_PRODUCTION_BASE_URL = url
    ApiConfig.SNAP_SANDBOX_BASE_URL = url + "/snap/v1"
    ApiConfig.SNAP_PRODUCTION_BASE_URL = url + "/snap/v1"


@pytest.fixture(scope="session")
def gateway_url():
    return os.environ["GERAI_URL"].rstrip("/")


@pytest.fixture
def demo():
    """The demo merchant's client."""
    return merchant.client(merchant.DEMO_SERVER_KEY)


@pytest.fixture
def other():
    """The second merchant's client, which must never see the first one's payments."""
    return merchant.client(merchant.OTHER_SERVER_KEY)


@pytest.fixture
def press(gateway_url):
    """Does at once what a cashier would: `press("pay", payment_code)`, or `"reverse"`."""

    def at_the_counter(key, payment_code):
        url = f"{gateway_url}/sandbox/v1/payments/{payment_code}/{key}"
        return requests.post(url, timeout=30)

    return at_the_counter


@pytest.fixture
def pay(press):
    def in_full(charge):
        answer = press("pay", charge["payment_code"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    return in_full


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def till(gateway_url):
    """The sandbox's demo partner, at a terminal that no other case uses."""
    return Till(gateway_url)
