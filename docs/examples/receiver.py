"""Takes webhooks: receiver.py PORT.

CLIENT_ID and CLIENT_SECRET are those of the key that made the task.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]


def opened(body: dict) -> dict:
    """The message. Raises ValueError if it was not sealed with our secret."""
    parts = [CLIENT_ID, str(body["timestamp"]), body["nonce"], body["dataEncrypt"]]
    signature = hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324
    if not hmac.compare_digest(signature, body["signature"]):
        raise ValueError("the signature is wrong")
    start = CLIENT_ID.encode()[:16].ljust(16, b"\0")
    decryptor = Cipher(algorithms.AES(CLIENT_SECRET.encode()), modes.CBC(start)).decryptor()
    padded = decryptor.update(base64.b64decode(body["dataEncrypt"])) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    return json.loads(unpadder.update(padded) + unpadder.finalize())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        try:
            message = opened(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        except (ValueError, KeyError, TypeError):
            self.send_response(400)
        else:
            # The same message may come twice; _id and status tell. 3 is completed, 4 is failed.
            print(message["_id"], message["status"], message["url"], flush=True)
            self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
