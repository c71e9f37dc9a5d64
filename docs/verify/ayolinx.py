"""Whether an Ayolinx notification is genuine. Standard library only, Python 3.8 or newer.

Copy everything above `read_headers` into your endpoint; give `is_genuine` the request's headers (names
in small letters), its body byte for byte, the path of your own URL as it stands on the request line
(without the query), and the platform's public key in PEM.

    PLATFORM_PUBLIC_KEY="$(cat platform_public.pem)" NOTIFY_PATH=/hook \
        python3 ayolinx.py body.json headers.txt
"""

import base64
import hashlib
import hmac
import os
import sys

# What stands in front of a SHA-256 hash in an RSA signature (RFC 8017, 9.2, note 1).
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


def is_genuine(headers: dict, body: bytes, path: str, public_key: str) -> bool:
    digest = hashlib.sha256(body).hexdigest()
    signed = f"POST:{path}:{digest}:{headers.get('x-timestamp', '')}"
    try:
        signature = base64.b64decode(headers.get("x-signature", ""), validate=True)
    except ValueError:
        return False
    return verify(signed.encode(), signature, *read_public_key(public_key))


def verify(text: bytes, signature: bytes, modulus: int, exponent: int) -> bool:
    """SHA256withRSA (RSASSA-PKCS1-v1_5); with a package at hand, use `cryptography` instead."""
    length = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != length or number >= modulus:
        return False
    found = pow(number, exponent, modulus).to_bytes(length, "big")
    end = SHA256 + hashlib.sha256(text).digest()
    expected = b"\x00\x01" + b"\xff" * (length - len(end) - 3) + b"\x00" + end
    return hmac.compare_digest(found, expected)


def read_public_key(pem: str) -> tuple:
    """Modulus and exponent of `-----BEGIN PUBLIC KEY-----`."""
    lines = [line.strip() for line in pem.splitlines() if "-----" not in line]
    outer, _ = element(base64.b64decode("".join(lines)), 0x30)
    _, rest = element(outer, 0x30)
    bits, _ = element(rest, 0x03)
    numbers, _ = element(bits[1:], 0x30)
    modulus, rest = element(numbers, 0x02)
    exponent, _ = element(rest, 0x02)
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def element(der: bytes, tag: int) -> tuple:
    """The content of the first element, and what follows it."""
    if der[0] != tag:
        raise ValueError("this is no RSA public key")
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return der[start : start + length], der[start + length :]


def read_headers(path: str) -> dict:
    with open(path, encoding="utf-8") as file:
        pairs = (line.split(":", 1) for line in file if ":" in line)
        return {name.strip().lower(): value.strip() for name, value in pairs}


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        body = file.read()
    headers = read_headers(sys.argv[2])
    path, key = os.environ["NOTIFY_PATH"], os.environ["PLATFORM_PUBLIC_KEY"]
    genuine = is_genuine(headers, body, path, key)
    print("genuine" if genuine else "not genuine")
    sys.exit(0 if genuine else 1)
