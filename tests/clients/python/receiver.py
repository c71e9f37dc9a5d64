"""A merchant's notification endpoint: keeps whatever arrives, as it arrived."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Midtrans promises a settlement within 20 seconds; a local gateway has no excuse to be slower.
PATIENCE_SECONDS = 20


class Notification:
    def __init__(self, path, headers, body):
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Receiver:
    def __init__(self):
        self._arrived = queue.Queue()
        self._may_answer = threading.Event()
        self._may_answer.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length", "0"))
                receiver._arrived.put(
                    Notification(self.path, dict(self.headers.items()), self.rfile.read(length))
                )
                receiver._may_answer.wait()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Silent: pytest shows what failed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._may_answer.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, path="/notification"):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def hold_answers(self):
        """From now on whoever delivers waits for its answer."""
        self._may_answer.clear()

    def release_answers(self):
        self._may_answer.set()

    def next(self):
        """The notification that arrived first and was not taken yet."""
        try:
            return self._arrived.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            raise AssertionError(f"no notification within {PATIENCE_SECONDS} seconds") from None

    def untaken(self):
        """How many have arrived beyond those taken."""
        return self._arrived.qsize()
