"""A second implementation of the vault's format, on libsodium alone: writes the vectors of tests/cases/vault, reads what the program wrote.

Usage: vault.py read FILE KEYFILE|-PASSPHRASE   vault.py write FILE KEYHEX|-PASSPHRASE NAME=TEXT...
"""
import ctypes, json, struct, sys

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0
aead = "crypto_aead_xchacha20poly1305_ietf_"


def seal(key, nonce, bound, text):
    out, n = ctypes.create_string_buffer(len(text) + 16), ctypes.c_ulonglong()
    args = text, ctypes.c_ulonglong(len(text)), bound, ctypes.c_ulonglong(len(bound)), None, nonce, key
    assert getattr(sodium, aead + "encrypt")(out, ctypes.byref(n), *args) == 0
    return out.raw


def unseal(key, nonce, bound, box):
    out, n = ctypes.create_string_buffer(max(1, len(box) - 16)), ctypes.c_ulonglong()
    args = box, ctypes.c_ulonglong(len(box)), bound, ctypes.c_ulonglong(len(bound)), nonce, key
    if getattr(sodium, aead + "decrypt")(out, ctypes.byref(n), None, *args) != 0:
        sys.exit("the tag does not fit")
    return out.raw[: n.value]


def key_of(text, salt, passes, kib, from_file):
    if not text.startswith("-"):
        return open(text, "rb").read() if from_file else bytes.fromhex(text)
    out, phrase = ctypes.create_string_buffer(32), text[1:].encode()
    size = ctypes.c_ulonglong(len(phrase))
    assert sodium.crypto_pwhash(out, ctypes.c_ulonglong(32), phrase, size, salt, ctypes.c_ulonglong(passes), ctypes.c_size_t(kib * 1024), 2) == 0
    return out.raw


def read(path, key):
    data = open(path, "rb").read()
    magic, version, kdf, zero, passes, kib, salt, generation, count = struct.unpack("<8sBBHII16sQI", data[:48])
    assert (magic, version, zero) == (b"QWENVALT", 1, 0)
    header, at, out = data[:48], 88, {}
    key = key_of(key, salt, passes, kib, True)
    unseal(key, data[48:72], header + struct.pack("<I", 0), data[72:88])
    for place in range(1, count + 1):
        (size,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + size]
        at += 2 + size
        (size,) = struct.unpack_from("<I", data, at)
        nonce, box = data[at + 4 : at + 28], data[at + 28 : at + 28 + size]
        at += 28 + size
        out[name.decode()] = unseal(key, nonce, header + struct.pack("<I", place) + name, box).decode()
    assert at == len(data)
    print(json.dumps({"generation": generation, "kdf": kdf, "entries": out}, sort_keys=True))


def write(path, key, entries):
    slow = key.startswith("-")
    salt, passes, kib = bytes(range(16)), 1 if slow else 0, 64 if slow else 0
    header = struct.pack("<8sBBHII16sQI", b"QWENVALT", 1, 1 if slow else 0, 0, passes, kib, salt, 7, len(entries))
    key, nonces = key_of(key, salt, passes, kib, False), iter(range(1, 100))
    nonce = lambda: bytes([next(nonces)]) * 24
    n = nonce()
    out = header + n + seal(key, n, header + struct.pack("<I", 0), b"")
    for place, entry in enumerate(entries, 1):
        name, text = (part.encode() for part in entry.split("=", 1))
        n = nonce()
        box = seal(key, n, header + struct.pack("<I", place) + name, text)
        out += struct.pack("<H", len(name)) + name + struct.pack("<I", len(box)) + n + box
    open(path, "wb").write(out)


if sys.argv[1] == "read":
    read(sys.argv[2], sys.argv[3])
else:
    write(sys.argv[2], sys.argv[3], sys.argv[4:])
