"""A mail server that takes mails and says on stdout what it took: one line of JSON for each.

How it treats a mail is said by its recipient: `once451@...` is turned away for now the first time,
`never550@...` for ever, `hang-once@...` gets no answer the first time, everybody else is welcome.

    server.py starttls|implicit|none CERTIFICATE KEY [USER PASSWORD]

It prints `listening PORT` first, and ends when its stdin does.
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

MODE, CERTIFICATE, KEY, *LOGIN = sys.argv[1:]


def say(what):
    print(json.dumps(what), flush=True)


def told(session, envelope):
    """What a mail says, as a program reads it that had no part in writing it."""
    message = message_from_bytes(envelope.original_content, policy=policy.default)
    parts = {}
    for part in message.walk():
        if part.is_multipart():
            continue
        parts[part.get_content_type()] = {
            "content": part.get_content(),
            "charset": part.get_content_charset(),
            "encoding": part["Content-Transfer-Encoding"],
        }
    return {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "tls": session.ssl is not None or MODE == "implicit",
        "authenticated": session.authenticated,
        "headers": [[name, str(value)] for name, value in message.items()],
        "type": message.get_content_type(),
        "parts": parts,
        "defects": [repr(defect) for part in message.walk() for defect in part.defects],
        "longest_line": max(len(line) for line in envelope.original_content.split(b"\r\n")),
        "is_ascii": envelope.original_content.isascii(),
    }


class Handler:
    def __init__(self):
        self.met = set()

    def is_first(self, address):
        is_first = address not in self.met
        self.met.add(address)
        return is_first

    async def handle_RCPT(self, server, session, envelope, address, options):
        user = address.split("@")[0]
        if user.startswith("once451") and self.is_first(address):
            say({"refused": 451, "to": address})
            return "451 4.7.1 greylisted, come again"
        if user.startswith("never550"):
            say({"refused": 550, "to": address})
            return f"550 5.1.1 <{address}>: nobody of this name"
        if user.startswith("hang-once") and self.is_first(address):
            say({"hangs": True, "to": address})
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say(told(session, envelope))
        return "250 2.0.0 taken"


def login(server, session, envelope, mechanism, data):
    is_right = isinstance(data, LoginPassword) and LOGIN == [
        data.login.decode(),
        data.password.decode(),
    ]
    if not is_right:
        say({"refused": 535})
    # What is not handled is answered by the library: 535.
    return AuthResult(success=is_right, handled=False)


async def main():
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE, KEY)
    handler = Handler()
    needs_login = bool(LOGIN)

    def server():
        return SMTP(
            handler,
            hostname="localhost",
            decode_data=False,
            tls_context=tls if MODE == "starttls" else None,
            require_starttls=MODE == "starttls",
            auth_required=needs_login,
            auth_require_tls=MODE == "starttls",
            authenticator=login if needs_login else None,
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        server, "127.0.0.1", 0, ssl=tls if MODE == "implicit" else None
    )
    print(f"listening {listening.sockets[0].getsockname()[1]}", flush=True)
    # Whoever started it ends it by going away.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
