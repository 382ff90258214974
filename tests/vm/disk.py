"""A disk that loses what it was not told to keep.

QEMU writes down every write and every flush of the guest, in order (its driver blklogwrites, in the form of the kernel's
dm-log-writes). What a real disk has after its power was cut follows from that: everything up to the last flush, and of what
came later any sectors or none, since it was in the cache of the disk.
"""

import struct
import time

MAGIC = 0x6A736677736872
SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD = 1, 2, 4


def lose_power(log, image, chance):
    """Brings an image to what the disk has after a cut. `chance` keeps a sector that was written after the last flush.

    Gives the number of flushes, and of the sectors of later writes how many there were and how many were kept.
    """
    with open(log, "rb") as log, open(image, "r+b") as image:
        entries, sector_bytes = read(log)
        flushes = [number for number, (_, _, flags, _) in enumerate(entries) if flags & FLUSH]
        kept_until = flushes[-1] if flushes else -1
        later = kept = 0
        for number, (sector, count, flags, at) in enumerate(entries):
            if flags & DISCARD or not count:
                continue
            log.seek(at)
            data = log.read(count * sector_bytes)
            # A write that carries the flag is on the disk when it is acknowledged.
            if number < kept_until or flags & FUA:
                image.seek(sector * sector_bytes)
                image.write(data)
                continue
            for nth in range(len(data) // sector_bytes):
                later += 1
                if chance():
                    kept += 1
                    image.seek((sector + nth) * sector_bytes)
                    image.write(data[nth * sector_bytes : (nth + 1) * sector_bytes])
    return len(flushes), later, kept


def until_something_is_unflushed(log, seconds):
    """Waits for the moment after a write and before the flush that is to follow, for so long at most."""
    until = time.monotonic() + seconds
    with open(log, "rb") as log:
        seen, flags, at = 0, FLUSH, None
        while time.monotonic() < until:
            log.seek(0)
            _, _, count, sector_bytes = SUPER.unpack(log.read(SUPER.size))
            at = at or sector_bytes
            for _ in range(seen, count):
                log.seek(at)
                _, sectors, flags, _ = ENTRY.unpack(log.read(ENTRY.size))
                at += sector_bytes * (1 + (0 if flags & DISCARD else sectors))
            seen = count
            if not flags & FLUSH:
                return


def read(log):
    """The entries in their order: where, how many sectors, flags, and where their data is. The size of a sector."""
    magic, version, count, sector_bytes = SUPER.unpack(log.read(SUPER.size))
    assert (magic, version) == (MAGIC, 1), "this is no log of writes"
    entries, at = [], sector_bytes
    for _ in range(count):
        log.seek(at)
        sector, sectors, flags, _ = ENTRY.unpack(log.read(ENTRY.size))
        at += sector_bytes
        entries.append((sector, sectors, flags, at))
        if not flags & DISCARD:
            at += sectors * sector_bytes
    return entries, sector_bytes
