"""A third party's view of bundles: the manifest, its signature, the sealed keys and the sealed parts.

Reads tests/fixtures/registry/ours.json with cbor2 and cryptography alone: HPKE (RFC 9180) and the chunks are written out
here. `--make` writes theirs.json, which the Rust test `registry_vectors` must open. Prints a line for each check; exits
with 1 when one fails.
"""

import hashlib
import hmac
import json
import os
import sys
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FIXTURES = Path(__file__).parent.parent / "fixtures" / "registry"
CONTEXT = b"teranga/bundle-manifest/v1\0"
INFO = b"teranga/part-key/v1"
CHUNK = 64 * 1024 + 16

KEM_SUITE = b"KEM" + (0x20).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x20, 1, 3))


def public_bytes(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def extract(suite, salt, label, key):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, "sha256")


def expand(suite, secret, label, info, length):
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(secret, labelled + b"\x01", "sha256")[:length]


def hpke_cipher(shared_point, encapsulated, recipient):
    """The AEAD and nonce of RFC 9180's base mode with X25519, HKDF-SHA256 and ChaCha20-Poly1305."""
    secret = extract(KEM_SUITE, b"", b"eae_prk", shared_point)
    shared = expand(KEM_SUITE, secret, b"shared_secret", encapsulated + recipient, 32)
    id_hash = extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    info_hash = extract(HPKE_SUITE, b"", b"info_hash", INFO)
    schedule = b"\x00" + id_hash + info_hash
    secret = extract(HPKE_SUITE, shared, b"secret", b"")
    key = expand(HPKE_SUITE, secret, b"key", schedule, 32)
    return ChaCha20Poly1305(key), expand(HPKE_SUITE, secret, b"base_nonce", schedule, 12)


def associated(part):
    kind, version, _, digest, _ = part
    return bytes([kind]) + version.to_bytes(8, "big") + digest


def open_key(vault, part, encapsulated, ciphertext):
    point = vault.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    cipher, nonce = hpke_cipher(point, encapsulated, public_bytes(vault))
    return cipher.decrypt(nonce, ciphertext, associated(part))


def seal_key(recipient, part, key):
    ephemeral = X25519PrivateKey.generate()
    encapsulated = public_bytes(ephemeral)
    point = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    cipher, nonce = hpke_cipher(point, encapsulated, recipient)
    return encapsulated, cipher.encrypt(nonce, key, associated(part))


def open_chunks(sealed, key):
    """What zstd is to decompress."""
    head, rest = sealed[:15], sealed[15:]
    cipher = {1: AESGCM, 2: ChaCha20Poly1305}[head[5]](key)
    chunks = [rest[at : at + CHUNK] for at in range(0, len(rest), CHUNK)]
    opened = b""
    for index, chunk in enumerate(chunks):
        place = index.to_bytes(4, "big") + bytes([index == len(chunks) - 1])
        opened += cipher.decrypt(bytes(7) + place, chunk, head + place)
    return opened


def open_manifest(signed, public):
    body, kid, signature = cbor2.loads(signed)
    assert kid == hashlib.sha256(public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(public).verify(signature, CONTEXT + body)
    assert cbor2.dumps(cbor2.loads(body), canonical=True) == body
    return cbor2.loads(body)


def refuses(action):
    try:
        action()
    except (InvalidSignature, InvalidTag, AssertionError):
        return True
    return False


def checks():
    ours = {
        name: bytes.fromhex(value) if isinstance(value, str) else [bytes.fromhex(one) for one in value]
        for name, value in json.loads((FIXTURES / "ours.json").read_text()).items()
    }
    version, number, _, parts, recipients = open_manifest(ours["manifest"], ours["publisher_public"])
    yield "the manifest's signature is the publisher's", (version, number) == (1, 3)
    damaged = bytes([*ours["manifest"][:-1], ours["manifest"][-1] ^ 1])
    yield "a damaged signature is refused", refuses(lambda: open_manifest(damaged, ours["publisher_public"]))
    vault = X25519PrivateKey.from_private_bytes(ours["vault_private"])
    recipient, sealed_keys = recipients[0]
    yield "the recipient is the device", recipient == public_bytes(vault)
    for place, encapsulated, ciphertext in sealed_keys:
        part, sealed = parts[place], ours["sealed_parts"][place - 1]
        yield f"part {place} has the hash and size", part[2:4] == [len(sealed), hashlib.sha256(sealed).digest()]
        key = open_key(vault, part, encapsulated, ciphertext)
        yield f"the key of part {place} opens", key == ours["part_key"]
        other = parts[3 - place]
        wrong = refuses(lambda: open_key(vault, other, encapsulated, ciphertext))
        yield f"the key of part {place} opens no other part", wrong
        compressed = open_chunks(sealed, key)
        yield f"part {place} decrypts to a zstd frame", compressed[:4] == b"\x28\xb5\x2f\xfd"
        yield f"a cut part {place} is refused", refuses(lambda: open_chunks(sealed[:-1], key))


def make():
    publisher = Ed25519PrivateKey.from_private_bytes(bytes([2] * 32))
    vault = public_bytes(X25519PrivateKey.from_private_bytes(bytes([9] * 32)))
    part_key = os.urandom(32)
    parts = [
        [1, 2, 12, hashlib.sha256(b"a trust list").digest(), 12],
        [4, 8, 100, hashlib.sha256(b"a sealed part").digest(), 50],
    ]
    recipients = [[vault, [[1, *seal_key(vault, parts[1], part_key)]]]]
    body = cbor2.dumps([1, 4, 1772330400, parts, recipients], canonical=True)
    kid = hashlib.sha256(public_bytes(publisher)).digest()[:4]
    signed = cbor2.dumps([body, kid, publisher.sign(CONTEXT + body)])
    theirs = {"manifest": signed.hex(), "part_key": part_key.hex()}
    (FIXTURES / "theirs.json").write_text(json.dumps(theirs, indent=2) + "\n")


if __name__ == "__main__":
    if "--make" in sys.argv:
        make()
    failed = 0
    for name, good in checks():
        failed += not good
        print(("ok " if good else "not ok ") + name)
    sys.exit(1 if failed else 0)
