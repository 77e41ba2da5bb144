"""Films as telephones, cameras and browsers write them, part by part; nothing is in their pictures."""

import struct

PLACE = b"+37.5665+126.9780/"
CAMERA = b"SecretTelephone"
WAY = b"GPS 37.5665 126.9780;" * 50
SEEN = b"what is seen" * 100


def box(kind: bytes, *content: bytes) -> bytes:
    """A box around these."""
    whole = b"".join(content)
    return struct.pack(">I", len(whole) + 8) + kind + whole


def _track(handler: bytes, at: int, sizes: list[int], *, turned: bool = False, wide: bool = False) -> bytes:
    """One that has its samples in a row from ``at`` on, two in the first chunk and the others in the second."""
    matrix = struct.pack(">9i", *((0, 65536, 0, -65536, 0, 0) if turned else (65536, 0, 0, 0, 65536, 0)), 0, 0, 1 << 30)
    times = struct.pack(">QQ" if wide else ">II", 3_900_000_000, 3_900_000_001)
    before = struct.pack(">I", 1 << 24 if wide else 0) + times
    tkhd = before.ljust(52 if wide else 40, b"\0") + matrix + struct.pack(">II", 1920 << 16, 1080 << 16)
    rows = ((1, 2, 1), (2, len(sizes) - 2, 1))
    table = box(
        b"stbl",
        box(b"stsz", struct.pack(">III", 0, 0, len(sizes)), *(struct.pack(">I", size) for size in sizes)),
        box(b"stsc", struct.pack(">II", 0, len(rows)), *(struct.pack(">III", *row) for row in rows)),
        box(b"co64", struct.pack(">IIQQ", 0, 2, at, at + sum(sizes[:2]))),
    )
    return box(
        b"trak",
        box(b"tkhd", tkhd),
        box(b"udta", box(b"name", CAMERA)),
        box(b"mdia", box(b"mdhd", struct.pack(">III", 0, 3_900_000_000, 3_900_000_001), bytes(12)),
            box(b"hdlr", bytes(8), handler, bytes(13)), box(b"minf", table)),
    )  # fmt: skip


def film(*, turned: bool = False, wide: bool = False) -> bytes:
    """Two and a half seconds, with the place in each of the ways that there are."""
    head = box(b"ftyp", b"isom", bytes(4), b"isommp42")
    at = len(head) + 8
    sizes = [len(WAY) // 3, len(WAY) // 3, len(WAY) - 2 * (len(WAY) // 3)]
    mdat = box(b"mdat", SEEN, WAY)
    told = (3_900_000_000, 3_900_000_001, 1000, 2500)
    times = struct.pack(">IQQIQ", 1 << 24, *told) if wide else struct.pack(">IIIII", 0, *told)
    moov = box(
        b"moov",
        box(b"mvhd", times, bytes(80)),
        _track(b"vide", at, [100, 100, len(SEEN) - 200], turned=turned, wide=wide),
        _track(b"meta", at + len(SEEN), sizes),
        box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0), PLACE), box(b"loci", b"Seoul", PLACE)),
        box(b"meta", box(b"keys", b"mdtacom.apple.quicktime.location.ISO6709"), box(b"ilst", PLACE, CAMERA)),
    )
    return head + mdat + moov + box(b"uuid", b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8", b"<x:xmpmeta>" + PLACE)


def element(id_: int, *content: bytes, is_open: bool = False) -> bytes:
    """An element of a WebM around these; an open one does not say how long it is."""
    whole = b"".join(content)
    size = (1 << 56) - 1 if is_open else len(whole)
    return id_.to_bytes((id_.bit_length() + 7) // 8, "big") + (size | 1 << 56).to_bytes(8, "big") + whole


def tags() -> bytes:
    """Where the place stands in a WebM."""
    tag = element(0x67C8, element(0x45A3, b"LOCATION"), element(0x4487, PLACE))
    return element(0x1254C367, element(0x7373, tag))


def webm(*, live: bool = False) -> bytes:
    """Two and a half seconds of the other kind, as a program writes it that knows how long it becomes; or ``live``."""
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    seek = element(
        0x114D9B74, element(0x4DBB, element(0x53AB, (0x1254C367).to_bytes(4, "big")), element(0x53AC, b"\1"))
    )
    info = element(
        0x1549A966,
        element(0xBF, b"\1\2\3\4"),
        element(0x2AD7B1, (1_000_000).to_bytes(3, "big")),
        element(0x4489, struct.pack(">d", 2500.0)),
        element(0x4461, CAMERA[:8]),
        element(0x7BA9, CAMERA),
        element(0x4D80, CAMERA),
        element(0x5741, CAMERA),
    )
    sides = element(0xE0, element(0xB0, struct.pack(">H", 1920)), element(0xBA, struct.pack(">H", 1080)))
    track = element(0xAE, element(0xD7, b"\1"), element(0x83, b"\1"), element(0x536E, CAMERA), sides)
    cluster = element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, SEEN), is_open=live)
    return head + element(0x18538067, seek, info, element(0x1654AE6B, track), cluster, tags(), is_open=live)
