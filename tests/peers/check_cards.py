"""A third party's view of cards: other libraries, other code, and nothing but what is published.

Reads tests/fixtures/card/ours.json and checks every card, token, code, pass and trust list in it with PyPI's cwt,
base45, cbor2 and cryptography. `--make` writes theirs.json, the same things made by this program, which the Rust test
`card_vectors` must open. Prints a line for each check; exits with 1 when one fails.
"""

import base64
import datetime
import hashlib
import hmac
import json
import sys
from pathlib import Path

import base45
import cbor2
import cwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FIXTURES = Path(__file__).parent.parent / "fixtures" / "card"
EPOCH = datetime.date(1970, 1, 1)


def days(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def kid_of(public):
    return hashlib.sha256(public).digest()[:4]


def framed(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def token_of_card(key, mpi_id, campaign, nonce):
    message = b"teranga/card/v1" + framed(mpi_id.encode(), campaign.encode(), nonce)
    return hmac.digest(key, message, "sha256")[:16]


def token_of_blank(key, lot, serial):
    return hmac.digest(key, b"teranga/blank/v1" + framed(lot.encode(), serial.encode()), "sha256")[:16]


def check_character(code):
    """ISO/IEC 7064 MOD 37,36."""
    product = 36
    for character in code:
        product = ((product + int(character, 36)) % 36 or 36) * 2 % 37
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37 - product) % 36]


def public_bytes(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def decode_text(text):
    """The payload of either text form."""
    if text.startswith("TRG1:"):
        return base45.b45decode(text[5:])
    encoded = text.split("/C/", 1)[1]
    return base64.b32decode(encoded + "=" * (-len(encoded) % 8))


def cose_key(public, kid):
    """An Ed25519 public key (OKP, RFC 9053) for EdDSA."""
    return cwt.COSEKey.new({1: 1, -1: 6, -2: public, 2: kid, 3: -8})


def open_card(payload, public):
    """A card's claims, by the cwt library; it wants the COSE_Sign1 tag, which the text around our cards makes needless."""
    return cwt.decode(b"\xd2" + payload, cose_key(public, kid_of(public)))


def ours():
    vectors = json.loads((FIXTURES / "ours.json").read_text())
    yield from check_tokens(vectors["tokens"])
    yield from check_codes(vectors["codes"])
    yield from check_card(vectors["card"])
    yield from check_pass(vectors["pass"])
    yield from check_trust_list(vectors["trust_list"])


def check_tokens(tokens):
    card, blank, legacy = tokens["card"], tokens["blank"], tokens["legacy"]
    key, nonce = bytes.fromhex(card["key"]), bytes.fromhex(card["nonce"])
    token = token_of_card(key, card["mpi_id"], card["campaign"], nonce)
    yield "card token", token.hex() == card["token"]
    yield "card token's hash", hashlib.sha256(token).hexdigest() == card["hash"]
    token = token_of_blank(bytes.fromhex(blank["key"]), blank["lot"], blank["serial"])
    yield "blank card's token", token.hex() == blank["token"]
    older = hashlib.sha256((legacy["mpi_id"] + legacy["campaign"] + legacy["secret"]).encode()).digest()
    yield "token of the older form", hashlib.sha256(older).hexdigest() == legacy["hash"]


def check_codes(codes):
    code = codes["code"].replace("-", "")
    yield "check character", check_character(code[:12]) == code[12]
    salted = bytes.fromhex(codes["salt"]) + code.encode()
    yield "code hash", hashlib.sha256(salted).hexdigest() == codes["hash"]
    ids_key = bytes.fromhex(codes["ids_key"])
    keyed = hmac.digest(ids_key, b"teranga/ids/code/v1\0" + code.encode(), "sha256")
    yield "keyed hash of a code", keyed[:16].hex() == codes["ids_hash_of_code"]
    keyed = hmac.digest(ids_key, b"teranga/ids/mpi/v1\0" + codes["mpi_id"].encode(), "sha256")
    yield "keyed hash of an MPI id", keyed[:16].hex() == codes["ids_hash_of_mpi_id"]


def check_card(card):
    public, payload = bytes.fromhex(card["public"]), bytes.fromhex(card["payload"])
    yield "card has 111 bytes", len(payload) == 111
    yield "URL form decodes", decode_text(card["url"]) == payload
    yield "compact form decodes", decode_text(card["compact"]) == payload
    claims = open_card(payload, public)
    expected = {4: days(card["expires"]) * 86400, 6: days(card["issued"]) * 86400, 7: bytes.fromhex(card["token"])}
    yield "cwt verifies the card with the public key alone", claims == expected
    yield "card is deterministic CBOR", cbor2.dumps(cbor2.loads(payload), canonical=True) == payload
    stranger = public_bytes(Ed25519PrivateKey.from_private_bytes(b"\x63" * 32))
    yield "cwt refuses another key", fails(lambda: cwt.decode(b"\xd2" + payload, cose_key(stranger, kid_of(public))))
    flipped = bytes([*payload[:40], payload[40] ^ 1, *payload[41:]])
    yield "cwt refuses a flipped bit", fails(lambda: open_card(flipped, public))


def check_pass(wallet_pass):
    key = bytes.fromhex(wallet_pass["pass_key"])
    yield "pass seal", hmac.new(key, wallet_pass["p"].encode(), "sha256").hexdigest() == wallet_pass["s"]
    body, signature = cbor2.loads(base64.urlsafe_b64decode(wallet_pass["p"] + "=" * (-len(wallet_pass["p"]) % 4)))
    public = bytes.fromhex(wallet_pass["public"])
    yield "pass signature", signed_by(public, b"teranga/pass/v1\0" + body, signature)
    expected = {
        1: 1,
        2: kid_of(public),
        3: wallet_pass["campaign"],
        4: bytes.fromhex(wallet_pass["token"]),
        5: days(wallet_pass["issued"]),
        6: days(wallet_pass["expires"]),
    }
    yield "pass fields", cbor2.loads(body) == expected


def check_trust_list(listed):
    body, signature = cbor2.loads(bytes.fromhex(listed["signed"]))
    root = bytes.fromhex(listed["root"])
    yield "trust list signature", signed_by(root, b"teranga/trust-list/v1\0" + body, signature)
    fields = cbor2.loads(body)
    yield "trust list heading", (fields[1], fields[2], fields[4], fields[5]) == (1, listed["number"], listed["organisation"], root)
    names = [entry[0].hex() for entry in fields[6]]
    yield "trust list keys", names == [key["kid"] for key in listed["keys"]] and names == sorted(names)
    yield "key names", all(kid_of(entry[3]) == entry[0] for entry in fields[6])


def signed_by(public, message, signature):
    return not fails(lambda: Ed25519PublicKey.from_public_bytes(public).verify(signature, message))


def fails(action):
    try:
        action()
    except (InvalidSignature, ValueError, cwt.CWTError):
        return True
    return False


def make():
    """theirs.json: the same things, made here."""
    issuer = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    vectors = {
        "cards": [make_card(issuer, index) for index in range(4)],
        "tokens": [make_token(index) for index in range(4)],
        "codes": [make_code(index) for index in range(8)],
        "passes": [make_pass(issuer, campaign) for campaign in ("POLIO26", "NUTRITION-27")],
        "trust_list": make_trust_list(issuer),
        "bad": list(make_bad(issuer)),
    }
    (FIXTURES / "theirs.json").write_text(json.dumps(vectors, indent=2, sort_keys=True) + "\n")


def sign_card(issuer, claims, header=None):
    """A COSE_Sign1 by cwt, without its tag."""
    public = public_bytes(issuer)
    raw = issuer.private_bytes_raw()
    key = cwt.COSEKey.new({1: 1, -1: 6, -2: public, -4: raw, 2: kid_of(public), 3: -8})
    protected = header or {1: -8, 4: kid_of(public)}
    payload = cbor2.dumps(claims, canonical=True)
    return cwt.COSE.new().encode_and_sign(payload, key, protected, {})[1:]


def make_card(issuer, index):
    token = hashlib.sha256(b"card %d" % index).digest()[:16]
    issued = datetime.date(2026, 1, 1) + datetime.timedelta(days=97 * index)
    expires = datetime.date(2090 + index, 12, 31)
    claims = {4: (expires - EPOCH).days * 86400, 6: (issued - EPOCH).days * 86400, 7: token}
    payload = sign_card(issuer, claims)
    return {
        "public": public_bytes(issuer).hex(),
        "token": token.hex(),
        "issued": issued.isoformat(),
        "expires": expires.isoformat(),
        "url": "https://cards.example.net/c/" + base64.b32encode(payload).decode().rstrip("="),
        "compact": "TRG1:" + base45.b45encode(payload).decode(),
    }


def make_token(index):
    key, nonce = hashlib.sha256(b"key %d" % index).digest(), hashlib.sha256(b"nonce %d" % index).digest()[:16]
    mpi_id, campaign = f"SN-DKR-2{index}-0000000{index}", "C" * (index + 1)
    token = token_of_card(key, mpi_id, campaign, nonce)
    return {
        "key": key.hex(),
        "nonce": nonce.hex(),
        "mpi_id": mpi_id,
        "campaign": campaign,
        "token": token.hex(),
        "hash": hashlib.sha256(token).hexdigest(),
    }


def make_code(index):
    alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    attempt = 0
    while True:
        drawn = hashlib.sha256(b"code %d %d" % (index, attempt)).digest()
        code = "".join(alphabet[byte % 34] for byte in drawn[:12])
        check = check_character(code)
        if check in alphabet:
            break
        attempt += 1
    salt = drawn[16:]
    return {
        "code": f"{code[:4]}-{code[4:8]}-{code[8:]}-{check}".lower(),
        "salt": salt.hex(),
        "hash": hashlib.sha256(salt + (code + check).encode()).hexdigest(),
    }


def make_pass(issuer, campaign):
    public, token, key = public_bytes(issuer), hashlib.sha256(campaign.encode()).digest()[:16], b"\x07" * 32
    body = cbor2.dumps(
        {1: 1, 2: kid_of(public), 3: campaign, 4: token, 5: days("2026-03-01"), 6: days("2099-03-01")}, canonical=True
    )
    content = cbor2.dumps([body, issuer.sign(b"teranga/pass/v1\0" + body)], canonical=True)
    p = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return {
        "public": public.hex(),
        "pass_key": key.hex(),
        "campaign": campaign,
        "token": token.hex(),
        "p": p,
        "s": hmac.new(key, p.encode(), "sha256").hexdigest(),
    }


def make_trust_list(issuer):
    root = Ed25519PrivateKey.from_private_bytes(b"\x2a" * 32)
    public = public_bytes(issuer)
    entry = [kid_of(public), 3, -8, public, [1, "POLIO26"], days("2026-01-01"), days("2026-12-31"), 1]
    body = cbor2.dumps(
        {1: 1, 2: 12, 3: days("2026-03-01"), 4: "other", 5: public_bytes(root), 6: [entry]}, canonical=True
    )
    signed = cbor2.dumps([body, root.sign(b"teranga/trust-list/v1\0" + body)], canonical=True)
    return {"root": public_bytes(root).hex(), "number": 12, "signed": signed.hex(), "public": public.hex()}


def make_bad(issuer):
    public = public_bytes(issuer)
    claims = {4: days("2099-03-01") * 86400, 6: days("2026-03-01") * 86400, 7: b"\x01" * 16}
    good = sign_card(issuer, claims)
    other = Ed25519PrivateKey.from_private_bytes(b"\x63" * 32)
    cases = {
        "tagged": b"\xd2" + good,
        "trailing byte": good + b"\x00",
        "cut": good[:-1],
        "bit flipped": good[:-1] + bytes([good[-1] ^ 1]),
        "signed by another key": sign_card(other, claims, {1: -8, 4: kid_of(public)}),
        "critical header": sign_card(issuer, claims, {1: -8, 2: [99], 4: kid_of(public), 99: 1}),
        "not at midnight": sign_card(issuer, {**claims, 6: claims[6] + 1}),
        "short token": sign_card(issuer, {**claims, 7: b"\x01" * 15}),
        "no expiry": sign_card(issuer, {6: claims[6], 7: claims[7]}),
        "expiry before issue": sign_card(issuer, {**claims, 4: claims[6] - 86400}),
    }
    for why, payload in cases.items():
        yield {"why": why, "payload": payload.hex(), "public": public.hex()}


def main():
    if "--make" in sys.argv:
        make()
        return 0
    failed = 0
    for name, good in ours():
        print(f"{'ok' if good else 'FAILED'}: {name}")
        failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
