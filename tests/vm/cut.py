"""Cuts the power of a machine on which the package is installed, in the middle of a night, again and again.

The machine is an emulated one with a Debian and systemd; its phones are outside of it and write down what they were told.
A cut ends the emulator at once, with what the guest had not written yet, and then takes from its disk what was not flushed
(see disk.py). Everything that a phone was told has to be there in the end.

    cut.py FOLDER CUTS SEED      FOLDER has the image, vmlinuz and initrd
"""

import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "packages"))
import disk
import room
from room import Api, Room, sign_in

# An emulated machine takes its time.
BOOT_SECONDS_MAX = 600
room.PATIENCE_SECONDS = BOOT_SECONDS_MAX
room.SILENCE_SECONDS = 15

# A cut comes so long after everybody was served, at most.
PLAYS_SECONDS_MAX = 4.0

# While phones answer, the next write is not far.
FLUSHES_WITHIN_SECONDS = 2

# Without this the file system flushes its disk.
NEVER_FLUSHES = "rootflags=barrier=0"


class Machine:
    """A machine whose disk is an image."""

    def __init__(self, folder, port, options=""):
        self.folder, self.port, self.options, self.emulator = folder, port, options, None
        self.image, self.log, self.console = (folder / f"{port}.{name}" for name in ("image", "log", "console"))
        copy(folder / "image", self.image)

    def start(self):
        """Turns it on, and waits until the service is ready. Gives how long that took, in seconds."""
        since = time.monotonic()
        running = self.folder / f"{self.port}.running"
        copy(self.image, running)
        self.log.write_bytes(b"")
        self.emulator = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2"]
            + ["-m", "1024", "-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{self.console}"]
            + ["-kernel", self.folder / "vmlinuz", "-initrd", self.folder / "initrd"]
            + ["-append", f"root=/dev/vda rw console=ttyS0 quiet panic=-1 {self.options}"]
            # This machine keeps its power, so nothing need wait for its own disk.
            + ["-blockdev", f"driver=file,filename={running},node-name=image,cache.no-flush=on"]
            + ["-blockdev", f"driver=file,filename={self.log},node-name=log,cache.no-flush=on"]
            + ["-blockdev", "driver=raw,file=image,node-name=disk"]
            + ["-blockdev", "driver=blklogwrites,file=disk,log=log,node-name=logged,log-super-update-interval=1"]
            + ["-device", "virtio-blk-pci,drive=logged", "-device", "virtio-rng-pci"]
            + ["-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:8080"]
            + ["-device", "virtio-net-pci,netdev=net"],
            stdin=subprocess.DEVNULL,
        )
        while not self.is_ready():
            assert self.emulator.poll() is None, "the emulator ended"
            assert time.monotonic() - since < BOOT_SECONDS_MAX, "the service is not up"
            time.sleep(0.2)
        return time.monotonic() - since

    def is_ready(self):
        try:
            return Api(self.port).get("/readyz") == {"status": "ok"}
        except OSError:
            return False

    def cut(self, keep):
        """Cuts its power while its disk has something to lose. `keep` is how many of the sectors that were not flushed are on
        the disk, from 0 to 1."""
        disk.until_something_is_unflushed(self.log, FLUSHES_WITHIN_SECONDS)
        self.emulator.send_signal(signal.SIGKILL)
        self.emulator.wait()
        return disk.lose_power(self.log, self.image, lambda: random.random() < keep)

    def database(self):
        """What its disk has of the database, in a folder of this machine. None where that cannot be found any more."""
        folder = self.folder / f"{self.port}.data"
        folder.mkdir()
        # As a boot would.
        subprocess.run(["e2fsck", "-f", "-y", self.image], check=False, capture_output=True)
        for name in "quibble.db", "quibble.db-wal":
            dump = f"dump /var/lib/quibble/{name} {folder / name}"
            subprocess.run(["debugfs", "-R", dump, self.image], check=False, capture_output=True)
        return folder / "quibble.db" if (folder / "quibble.db").exists() else None


def main():
    folder, cuts, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    a_disk_that_is_told_nothing_keeps_nothing(folder)
    nothing_that_was_acknowledged_is_lost(folder, cuts)


def a_disk_that_is_told_nothing_keeps_nothing(folder):
    """Otherwise what follows would show nothing."""
    machine, night, _ = begin(folder, NEVER_FLUSHES)
    night.goes_on()
    acknowledged = night.acknowledged()
    machine.cut(keep=0)
    try:
        stored = sqlite3.connect(machine.database()).execute("SELECT count(*) FROM game_answers").fetchone()[0]
    except (sqlite3.DatabaseError, TypeError):
        stored = 0
    assert stored < acknowledged, f"{stored} of {acknowledged} answers survived without a flush: this rig shows nothing"
    say(f"without flushes: {acknowledged} answers were acknowledged, and {stored} are there after a cut")


def nothing_that_was_acknowledged_is_lost(folder, cuts):
    machine, night, booted = begin(folder)
    say(f"booted in {booted:.0f} s")
    for nth in range(cuts):
        night.goes_on()
        time.sleep(random.uniform(0, PLAYS_SECONDS_MAX))
        acknowledged, keep = night.acknowledged(), random.random()
        flushes, later, kept = machine.cut(keep)
        booted = machine.start()
        since = time.monotonic()
        night.goes_on()
        say(
            f"cut {nth + 1}, after {acknowledged} answers and {flushes} flushes, with {later} sectors in the cache of the "
            f"disk, of which {kept} stayed: ready after {booted:.0f} s, and everybody {time.monotonic() - since:.0f} s later"
        )
    night.end()
    machine.cut(keep=0)
    say(f"{night.is_stored(machine.database())} answers were acknowledged, and are stored once each, after {cuts + 1} cuts")


def begin(folder, options=""):
    """A machine that is on, a room that answers there, and how long the machine took, in seconds."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    machine = Machine(folder, port, options)
    try:
        booted = machine.start()
        token = sign_in(port)
        return machine, Room(Api(port, {"Authorization": f"Bearer {token}"}), port), booted
    except BaseException:
        print(machine.console.read_text(errors="replace")[-4000:], flush=True)
        machine.emulator.kill()
        raise


def copy(image, to):
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, to], check=True)


def say(what):
    print(f"   {what}", flush=True)


if __name__ == "__main__":
    main()
