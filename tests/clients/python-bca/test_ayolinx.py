"""BCA's SNAP client, unmodified, against Ayolinx' paths.

Its token path and its two calls begin with `/openapi`, which Ayolinx' do not, so its own signatures
go over its own headers to Ayolinx' paths. It sends compact JSON and external ids of 16 digits.

    .test-deps/python-bca/bin/python -m unittest discover -s tests/clients/python-bca
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import ayolinx  # noqa: E402  (it lies beside this folder, where the other SNAP client finds it too)
import requests  # noqa: E402
from snap_bca_api.bca import BCA_SNAP  # noqa: E402

TOKEN = "/v1.0/access-token/b2b"


class Client(BCA_SNAP):
    """Its calls send to its own paths; these send to others what its private methods sign."""

    def __init__(self, **changes):
        settings = {
            "client_id": ayolinx.CLIENT_KEY,
            "client_secret": ayolinx.CLIENT_SECRET,
            "private_key": ayolinx.PRIVATE_KEY_PEM,
            "channel_id": "95051",
            "partner_id": ayolinx.CLIENT_KEY,
            "host": ayolinx.gateway_url(),
        }
        super().__init__(**{**settings, **changes})

    def token(self):
        timestamp = self._BCA_SNAP__getTimestamp()
        return requests.post(
            self.host + TOKEN,
            headers={
                "Content-Type": "application/json",
                "X-TIMESTAMP": timestamp,
                "X-CLIENT-KEY": self.client_id,
                "X-SIGNATURE": self._BCA_SNAP__getSnapAsymetricSignature(timestamp),
            },
            data=json.dumps({"grantType": "client_credentials"}),
            timeout=30,
        ).json()

    def call(self, path, body):
        timestamp = self._BCA_SNAP__getTimestamp()
        token = self.token()["accessToken"]
        data = json.dumps(body, separators=(",", ":"))
        return requests.post(
            self.host + path,
            headers={
                "Content-Type": "application/json",
                "X-PARTNER-ID": self.partner_id,
                "Authorization": "Bearer " + token,
                "X-TIMESTAMP": timestamp,
                "CHANNEL-ID": self.channel_id,
                "X-SIGNATURE": self._BCA_SNAP__getSnapSymetricSignature(
                    "POST", path, token, timestamp, data
                ),
                "X-EXTERNAL-ID": self._BCA_SNAP__getRandomInt(),
            },
            data=data,
            timeout=30,
        ).json()


class Ayolinx(unittest.TestCase):
    def test_reproduces_the_published_vector(self):
        """The client signs as the gateway's description says."""
        body = (
            '{"originalPartnerReferenceNo":"INV-20240918-0001",'
            '"additionalInfo":{"channel":"RETAIL_ALFAMART"}}'
        )
        signature = Client()._BCA_SNAP__getSnapSymetricSignature(
            "POST",
            ayolinx.QUERY,
            "7bd8be52a84cc95155756773cf34eade",
            "2024-09-18T13:40:00+07:00",
            body,
        )
        self.assertEqual(
            signature,
            "qP2rvQQt6elq0WbP/6x8cXahPosdp9v197HfF+NzDWRiS6p0aSJGhbBJz3KYfSx2GZY5lly75jdsAiSGM/w8kA==",
        )

    def test_token(self):
        answer = Client().token()
        self.assertEqual(
            {**answer, "accessToken": ""},
            {
                "responseCode": "2007300",
                "responseMessage": "Successful",
                "accessToken": "",
                "tokenType": "Bearer",
                "expiresIn": "900",
            },
        )
        self.assertRegex(answer["accessToken"], r"^[0-9a-f]{32,}$")

    def test_create_and_query_at_every_channel(self):
        for channel in ayolinx.CHANNELS:
            with self.subTest(channel):
                wanted = ayolinx.order(channel)
                created = Client().call(ayolinx.CREATE, wanted)
                ayolinx.assert_created(self, created, wanted)
                found = Client().call(ayolinx.QUERY, ayolinx.query(wanted))
                self.assertEqual(found["latestTransactionStatus"], "03", found)
                ayolinx.pay(created["vaNumber"])
                found = Client().call(ayolinx.QUERY, ayolinx.query(wanted))
                self.assertEqual(found["latestTransactionStatus"], "00", found)

    def test_wrong_secret_is_refused(self):
        answer = Client(client_secret="guessed").call(ayolinx.CREATE, ayolinx.order())
        self.assertEqual(answer["responseCode"], "4015400", answer)
        self.assertEqual(answer["responseMessage"], "Unauthorized. [Signature]")

    def test_another_partner_is_refused(self):
        answer = Client(partner_id="CK-11111abc-0000-2222-bbcc-dd55555ee666").call(
            ayolinx.CREATE, ayolinx.order()
        )
        self.assertEqual(answer["responseCode"], "4015400", answer)
        self.assertEqual(answer["responseMessage"], "Unauthorized. [Unknown client]")

    def test_its_own_calls_meet_no_such_path(self):
        """An alias of its token path is not offered: `/openapi` is BCA's, not Ayolinx'."""
        answer = requests.post(Client().host + "/openapi" + TOKEN, json={}, timeout=30)
        self.assertEqual(answer.status_code, 404)


if __name__ == "__main__":
    unittest.main()
