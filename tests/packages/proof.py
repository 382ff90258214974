"""What a Debian system does with the package, from inside one: systemd runs this as a unit, after its boot.

The package was installed before the first boot, where no systemd ran. /proof has it, another one with a higher number, and
room.py. What is said here comes out on the console; the last line is "proven" if all of it is true.
"""

import glob
import json
import os
import pwd
import re
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

from room import Api, Room, answers, sign_in

FIRST, SECOND = sorted(glob.glob("/proof/*.deb"))
PORT = 8080
DATA = Path("/var/lib/quibble")
CONFIG = Path("/etc/quibble/quibble.toml")
LINK = re.compile(r"http://\S+/setup#(\S+)")

DROP_IN = Path("/run/systemd/system/quibble.service.d/proof.conf")
SOCKET_DROP_IN = Path("/etc/systemd/system/quibble.service.d/socket.conf")


def main():
    was_installed_before_the_boot()
    purge()
    install()
    token = set_up()
    api = Api(PORT, {"Authorization": f"Bearer {token}"})
    room = Room(api, PORT)
    room.goes_on()
    upgrade(room)
    restart(room)
    is_killed(room)
    is_frozen(room)
    backup(room)
    room.end()
    say(f"{room.is_stored(DATA / 'quibble.db')} answers were acknowledged, and are stored once each")
    results = api.get(f"/api/games/{room.game['id']}/results")
    refuses_a_bad_configuration()
    waits_for_its_port()
    takes_a_credential()
    takes_port_80()
    takes_ports_of_systemd()
    leaves_data_behind()
    finds_it_again(api, room, results)
    purge()


def was_installed_before_the_boot():
    is_up()
    say(f"up {uptime():.1f} s after the boot")


def install():
    is_gone()
    run("apt-get", "install", "--yes", "--quiet", FIRST)
    is_up()
    assert "ii " in run("dpkg", "-l", "quibble")
    assert run("dpkg", "--verify", "quibble") == "", "what is installed is what was packed"
    home = DATA.stat()
    user = pwd.getpwnam("quibble")
    assert (home.st_uid, home.st_gid, stat.S_IMODE(home.st_mode)) == (user.pw_uid, user.pw_gid, 0o700), home
    for file in CONFIG, Path("/etc/default/quibble"):
        about = file.stat()
        assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == (0, user.pw_gid, 0o640), (file, about)
    assert "The configuration is good" in as_quibble("quibble config check")
    assert '{"status":"ok"}' in as_quibble("quibble healthcheck --ready")
    assert shows("quibble.service", "StatusText").startswith("Serving at http://")
    assert shows("quibble.service", "WatchdogUSec") == "30s"
    assert not journal("--priority=warning"), journal("--priority=warning")
    assert '"level":"WARN"' not in journal(), journal()
    say(f"serves: {shows('quibble.service', 'StatusText')}")


def set_up():
    """Sets it up by a link of the command, and gives an API token."""
    assert LINK.search(journal()), "the journal has the link of the first start"
    link = LINK.search(as_quibble("quibble user setup-link"))
    return sign_in(PORT, "/api/setup", token=link[1])


def upgrade(room):
    before, since = main_pid(), time.monotonic()
    run("dpkg", "--install", SECOND)
    is_up()
    assert main_pid() != before, "the new program runs"
    assert run("dpkg-query", "--show", "--showformat=${Version}", "quibble").endswith("-2")
    room.goes_on()
    assert '"message":"stopped"' in journal(), "it was told to stop, and did"
    say(f"upgraded while a room answers: nobody waited for longer than {room.longest_wait(since):.1f} s")


def restart(room):
    drop_in("[Service]\nWatchdogSec=5\n")
    since = time.monotonic()
    run("systemctl", "restart", "quibble")
    took = time.monotonic() - since
    is_up()
    room.goes_on()
    say(f"restarted in {took:.1f} s: nobody waited for longer than {room.longest_wait(since):.1f} s")


def is_killed(room):
    since = time.monotonic()
    os.kill(main_pid(), 9)
    room.goes_on()
    is_up()
    assert shows("quibble.service", "NRestarts") == "1"
    say(f"killed: nobody waited for longer than {room.longest_wait(since):.1f} s")


def is_frozen(room):
    since, before = time.monotonic(), main_pid()
    os.kill(before, 19)
    wait_until(lambda: main_pid() not in (0, before), "the watchdog ends what is frozen")
    room.goes_on()
    is_up()
    assert shows("quibble.service", "NRestarts") == "2"
    assert "Watchdog timeout" in journal()
    say(f"frozen, with a watchdog of 5 s: nobody waited for longer than {room.longest_wait(since):.1f} s")
    drop_in(None)


def backup(room):
    assert shows("quibble-backup.timer", "NextElapseUSecRealtime") != "", "it is due"
    run("systemctl", "start", "quibble-backup.service")
    assert shows("quibble-backup.service", "Result") == "success"
    (copy,) = (DATA / "backups").iterdir()
    about = copy.stat()
    assert (about.st_uid, stat.S_IMODE(about.st_mode)) == (pwd.getpwnam("quibble").pw_uid, 0o600), about
    assert "is whole" in as_quibble(f"quibble backup verify {copy}")
    room.goes_on()
    say(f"a backup of {about.st_size} bytes, while the room answers")


def refuses_a_bad_configuration():
    good = CONFIG.read_text()
    CONFIG.write_text(good + "\nnonsense = 1\n")
    subprocess.run(["systemctl", "restart", "quibble"], check=False, capture_output=True)
    assert shows("quibble.service", "ActiveState") == "failed"
    assert shows("quibble.service", "ExecMainStatus") == "78"
    time.sleep(2)
    assert shows("quibble.service", "NRestarts") == "0", "it is not tried again"
    CONFIG.write_text(good)
    run("systemctl", "restart", "quibble")
    is_up()
    say("a bad configuration is not tried again, and a good one is taken")


def waits_for_its_port():
    """As for a database: whatever is not there is tried again, for as long as it takes."""
    drop_in("[Service]\nRestartSec=100ms\n")
    run("systemctl", "stop", "quibble")
    with socket.create_server(("127.0.0.1", PORT)):
        run("systemctl", "start", "--no-block", "quibble")
        wait_until(lambda: int(shows("quibble.service", "NRestarts")) > 12, "it is tried again and again")
    wait_until(lambda: shows("quibble.service", "ActiveState") == "active", "it comes when there is a port")
    is_up()
    drop_in(None)
    say("a port that another has is waited for")


def takes_a_credential():
    """As operations.md says."""
    secret, file = "a token that was no variable".replace(" ", "-"), Path("/etc/quibble/metrics_token")
    file.write_text(secret + "\n")
    file.chmod(0o600)
    line = f"LoadCredential=ops.metrics_token:{file}"
    drop_in(f"[Service]\n{line}\n")
    run("systemctl", "restart", "quibble")
    is_up()
    asking = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": "203.0.113.9"}
    assert answers(PORT, "/metrics", headers=asking)
    assert not answers(PORT, "/metrics", headers={**asking, "Authorization": "Bearer of-somebody-else"})
    shown = run("systemd-run", "--quiet", "--pipe", "--uid=quibble", "-p", line, "quibble", "config", "show", "--origin")
    assert "#metrics_token is set, and a secret # from the credential ops.metrics_token" in shown, shown
    assert secret not in shown + journal()
    file.unlink()
    drop_in(None)
    run("systemctl", "restart", "quibble")
    say("takes a secret as a credential, which nobody else is shown")


def takes_port_80():
    good = CONFIG.read_text()
    CONFIG.write_text(good.replace('#listen = ["0.0.0.0:80", "[::]:80"]', 'listen = ["0.0.0.0:80", "[::]:80"]'))
    run("systemctl", "restart", "quibble")
    assert answers(80) and answers(80, host="::1") and not answers(PORT)
    CONFIG.write_text(good)
    say("takes port 80 by itself")


def takes_ports_of_systemd():
    """As quibble.socket says."""
    run("systemctl", "stop", "quibble.service")
    SOCKET_DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    SOCKET_DROP_IN.write_text("[Service]\nAmbientCapabilities=\nCapabilityBoundingSet=\nPrivateUsers=yes\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "--now", "quibble.socket")
    run("systemctl", "start", "quibble.service")
    assert answers(80) and answers(80, host="::1") and not answers(PORT)
    status = Path(f"/proc/{main_pid()}/status").read_text()
    assert re.search(r"^CapPrm:\s0+$", status, re.MULTILINE) and re.search(r"^CapBnd:\s0+$", status, re.MULTILINE), status
    restarting = subprocess.Popen(["systemctl", "restart", "quibble"])
    asked = 0
    while restarting.poll() is None:
        assert answers(80), "who connects while it restarts waits"
        asked += 1
    assert restarting.wait() == 0
    say(f"takes ports of systemd, without a capability; {asked} requests while it restarted, each answered")
    run("apt-get", "remove", "--yes", "--quiet", "quibble")
    assert not answers(80)
    run("apt-get", "install", "--yes", "--quiet", SECOND)
    wait_until(lambda: answers(80, "/readyz"), "a socket that was enabled is so after a removal")
    run("systemctl", "disable", "--now", "quibble.socket")
    SOCKET_DROP_IN.unlink()
    SOCKET_DROP_IN.parent.rmdir()
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "quibble")
    is_up()


def leaves_data_behind():
    run("apt-get", "remove", "--yes", "--quiet", "quibble")
    assert not answers(PORT) and not Path("/usr/bin/quibble").exists()
    assert not Path("/usr/lib/systemd/system/quibble.service").exists()
    assert (DATA / "quibble.db").exists() and CONFIG.exists() and pwd.getpwnam("quibble")
    assert len(list((DATA / "backups").iterdir())) == 1
    say("a removal leaves settings, data, backups and the user")


def finds_it_again(api, room, results):
    run("apt-get", "install", "--yes", "--quiet", SECOND)
    is_up()
    assert api.get(f"/api/games/{room.game['id']}/results") == results
    say("installed again, it has what it had")


def purge():
    run("apt-get", "purge", "--yes", "--quiet", "quibble")
    is_gone()
    say("a purge leaves nothing")


def is_up():
    assert shows("quibble.service", "ActiveState") == "active", journal()
    for unit in "quibble.service", "quibble-backup.timer":
        assert shows(unit, "ActiveState") == "active", unit
        assert shows(unit, "UnitFileState") == "enabled", unit
    assert shows("quibble.socket", "UnitFileState") == "disabled"
    ready = Api(PORT).get("/readyz")
    assert ready["status"] == "ok", ready


def is_gone():
    assert not answers(PORT)
    found = run("find", "/", "-xdev", "-path", "/proof", "-prune", "-o", "-path", "/var/log/journal", "-prune",
                "-o", "-iname", "*quibble*", "-print").split()
    assert not found, found
    for file in "/etc/passwd", "/etc/group", "/etc/shadow":
        assert "quibble" not in Path(file).read_text(), file
    assert run("systemctl", "list-units", "--all", "--no-legend", "quibble*").strip() == ""
    assert subprocess.run(["dpkg", "-l", "quibble"], check=False, capture_output=True).returncode == 1


def drop_in(text):
    """Changes the service for this boot only: nobody wants to wait for half a minute here."""
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    if text:
        DROP_IN.write_text(text)
    else:
        DROP_IN.unlink()
    run("systemctl", "daemon-reload")


def run(*command):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


def as_quibble(command):
    """Runs a line of the shell as the user of the service, as operations.md says."""
    return run("su", "quibble", "-s", "/bin/sh", "-c", command)


def shows(unit, name):
    return run("systemctl", "show", "--property", name, "--value", unit).strip()


def main_pid():
    return int(shows("quibble.service", "MainPID"))


def journal(*options):
    return run("journalctl", "--unit=quibble.service", "--boot", "--quiet", "--output=cat", *options)


def uptime():
    # The container shares the clock of its machine.
    started = int(shows("basic.target", "ActiveEnterTimestampMonotonic"))
    return (int(shows("quibble.service", "ActiveEnterTimestampMonotonic")) - started) / 1e6


def wait_until(is_so, what):
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def say(what):
    print(f"   {what}", flush=True)


try:
    main()
    print("proven", flush=True)
except BaseException:
    sys.stdout.flush()
    subprocess.run(["systemctl", "status", "--no-pager", "--full", "quibble*"], check=False)
    subprocess.run(["journalctl", "--boot", "--no-pager", "--lines=60", "--output=cat"], check=False)
    raise
