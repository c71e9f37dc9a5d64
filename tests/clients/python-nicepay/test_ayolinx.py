"""NICEPAY's SNAP client, unmodified, against Ayolinx' paths.

It sends and signs JSON with spaces, calls its content `Application/JSON`, sends `additionalInfo` as
a text with the token request, and writes the machine's clock with `+07:00`, wherever it is.

    .test-deps/python-nicepay/bin/python -m unittest discover -s tests/clients/python-nicepay
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import pathlib
import sys
import time
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import ayolinx  # noqa: E402  (it lies beside this folder, where the other SNAP client finds it too)

# One of its modules imports a constant of tkinter that it never uses. Where Python has no tkinter
# an empty module takes its place.
try:
    import tkinter.messagebox  # noqa: F401
except ImportError:
    sys.modules["tkinter"] = types.ModuleType("tkinter")
    sys.modules["tkinter.messagebox"] = types.ModuleType("tkinter.messagebox")
    sys.modules["tkinter.messagebox"].RETRY = "retry"

from python_nicepay.config.apiClient import apiClient  # noqa: E402
from python_nicepay.constants.constantsEndpoint import ConstantsEndpoints  # noqa: E402
from python_nicepay.constants.constantsGeneral import ConstantsGeneral  # noqa: E402
from python_nicepay.data.builder import builderEnvironment  # noqa: E402
from python_nicepay.data.builder.snap import builderAccessToken  # noqa: E402
from python_nicepay.data.builder.snap.dataGenerator import dataGenerator  # noqa: E402
from python_nicepay.service.snapService import SnapService  # noqa: E402
from python_nicepay.util.utilGeneral import General  # noqa: E402

# It logs whole requests on the root logger, secrets included.
logging.getLogger().setLevel(logging.WARNING)


def setUpModule():
    os.environ["TZ"] = "Asia/Jakarta"
    time.tzset()
    ConstantsGeneral.setSandboxBaseUrl(ayolinx.gateway_url())
    # The bare Base64 of the PKCS#8 key, without the lines around it.
    pem = ayolinx.PRIVATE_KEY_PEM.strip().splitlines()
    ConstantsGeneral.setSnapConfiguration(
        ayolinx.CLIENT_KEY, ayolinx.CLIENT_SECRET, "".join(pem[1:-1])
    )
    # It names every path it knows, and crashes on others.
    General.endpointChecker = staticmethod(lambda endpoint: endpoint)


ENVIRONMENT = builderEnvironment.BuildEnvironment().isProduction(False).isCloud(False).build()
TOKEN_REQUEST = (
    builderAccessToken.BuildAccessToken()
    .setGrantType("client_credentials")
    .setAdditionalInfo("")
    .build()
    .jsonAccessToken()
)


class Ayolinx(unittest.TestCase):
    def setUp(self):
        """Keeps what the client sent and got: its service gives no answers back."""
        self.exchanged = []
        original = apiClient.send

        def send(host, header, request, endpoint):
            answer = original(host, header, request, endpoint)
            self.exchanged.append((endpoint, header, request, answer))
            return answer

        apiClient.send = staticmethod(send)
        self.addCleanup(setattr, apiClient, "send", staticmethod(original))

    def call(self, body, path):
        """A token and then the call, as the client does it; the answer to the call."""
        SnapService.serviceTransaction(TOKEN_REQUEST, body, path, ENVIRONMENT)
        return self.exchanged[-1][-1]

    def send(self, body, path, external_id):
        """One call with the client's own headers, but another external id."""
        token = SnapService.serviceOAUTH(TOKEN_REQUEST, ENVIRONMENT)
        headers = dataGenerator.getTransactionHeader(token, body, path, "POST")
        headers["X-EXTERNAL-ID"] = external_id
        return apiClient.send(ENVIRONMENT.getHost(), headers, body, path)

    def test_token(self):
        token = SnapService.serviceOAUTH(TOKEN_REQUEST, ENVIRONMENT)
        [(path, headers, request, answer)] = self.exchanged
        # What this case is for.
        self.assertEqual(path, "/v1.0/access-token/b2b")
        self.assertEqual(headers["Content-Type"], "Application/JSON")
        self.assertEqual(request, {"grantType": "client_credentials", "additionalInfo": ""})
        self.assertEqual(
            answer,
            {
                "responseCode": "2007300",
                "responseMessage": "Successful",
                "accessToken": token,
                "tokenType": "Bearer",
                "expiresIn": "900",
            },
        )

    def test_create(self):
        # Its external id is the second of the clock: this is the only case that uses it.
        wanted = ayolinx.order()
        ayolinx.assert_created(self, self.call(wanted, ayolinx.CREATE), wanted)
        # What this case is for: only the hash of the raw bytes, spaces included, can match.
        path, headers, _, _ = self.exchanged[-1]
        token = headers["Authorization"].removeprefix("Bearer ")
        digest = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()
        text = f"POST:{path}:{token}:{digest}:{headers['X-TIMESTAMP']}"
        mac = hmac.digest(ayolinx.CLIENT_SECRET.encode(), text.encode(), "sha512")
        self.assertEqual(headers["X-SIGNATURE"], base64.b64encode(mac).decode())
        self.assertEqual(headers["CHANNEL-ID"], ayolinx.CLIENT_KEY + "01")
        self.assertTrue(headers["X-EXTERNAL-ID"].startswith("ordNo"), headers)

    def test_every_channel_and_its_query(self):
        for channel in ayolinx.CHANNELS:
            with self.subTest(channel):
                wanted = ayolinx.order(channel)
                created = self.send(wanted, ayolinx.CREATE, f"np-{wanted['partnerReferenceNo'][-30:]}")
                ayolinx.assert_created(self, created, wanted)
                ayolinx.pay(created["vaNumber"])
                asked = ayolinx.query(wanted)
                found = self.send(asked, ayolinx.QUERY, f"np-{wanted['partnerReferenceNo'][-30:]}")
                self.assertEqual(found["responseCode"], "00", found)
                self.assertEqual(found["latestTransactionStatus"], "00")
                self.assertEqual(found["vaNumber"], created["vaNumber"])

    def test_wrong_secret_is_refused(self):
        ConstantsGeneral.setClientSecret("guessed")
        self.addCleanup(ConstantsGeneral.setClientSecret, ayolinx.CLIENT_SECRET)
        answer = self.send(ayolinx.order(), ayolinx.CREATE, "np-wrong-secret")
        self.assertEqual(answer["responseCode"], "4015400", answer)
        self.assertEqual(answer["responseMessage"], "Unauthorized. [Signature]")


if __name__ == "__main__":
    unittest.main()
