"""A room full of phones that answer without end, and come back to a server that was away. Python's own library only."""

import base64
import http.client
import json
import os
import socket
import sqlite3
import struct
import threading
import time
import urllib.request

# A server that says nothing for so long, while it owes an answer, is left.
SILENCE_SECONDS = 3

# How soon everybody has to be served again.
PATIENCE_SECONDS = 60

QUESTIONS = 10
PHONES = 20
BETWEEN_ANSWERS_SECONDS = 0.2


class Api:
    """The REST interface, as somebody."""

    def __init__(self, port, headers=None):
        self.port = port
        self.headers = headers or {}

    def call(self, method, path, body=None):
        """Gives the body of the answer and its headers. One that refuses is raised."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self.headers},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read() or b"null"), response.headers

    def get(self, path):
        return self.call("GET", path)[0]

    def post(self, path, body):
        return self.call("POST", path, body)[0]


class Gone(Exception):
    """The server is away, or ended the connection."""


class Socket:
    """A WebSocket (RFC 6455) that carries JSON."""

    def __init__(self, port, path):
        self.stream = None
        try:
            self.stream = socket.create_connection(("127.0.0.1", port), SILENCE_SECONDS)
            key = base64.b64encode(os.urandom(16)).decode()
            self.stream.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            self.reader = self.stream.makefile("rb")
            status = self.reader.readline()
            while self.reader.readline() not in (b"\r\n", b""):
                pass
        except OSError as error:
            self.close()
            raise Gone(str(error)) from error
        if b" 101 " not in status:
            self.close()
            raise Gone(f"no socket: {status!r}")

    def send(self, message):
        self.frame(1, json.dumps(message).encode())

    def frame(self, kind, content):
        length = len(content)
        head = bytes([0x80 | kind, 0x80 | length]) if length < 126 else struct.pack("!BBH", 0x80 | kind, 0xFE, length)
        # A mask of zeroes changes nothing, and is one.
        try:
            self.stream.sendall(head + b"\0\0\0\0" + content)
        except OSError as error:
            raise Gone(str(error)) from error

    def receive(self):
        while True:
            try:
                first, length = self.read(2)
                if length == 126:
                    (length,) = struct.unpack("!H", self.read(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", self.read(8))
                content = self.read(length)
            except OSError as error:
                raise Gone(str(error)) from error
            match first & 0x0F:
                case 1:
                    return json.loads(content)
                case 8:
                    raise Gone(f"closed with {content!r}")
                case 9:
                    self.frame(10, content)

    def read(self, count):
        content = self.reader.read(count)
        if len(content) < count:
            raise Gone("the connection ended")
        return content

    def until(self, is_it):
        while True:
            message = self.receive()
            if is_it(message):
                return message

    def close(self):
        if self.stream:
            self.stream.close()


class Phone(threading.Thread):
    """Answers the questions in turn, each time under a new id, which it sends until it is acknowledged."""

    def __init__(self, port, code, name):
        super().__init__(daemon=True)
        joined = Api(port).post("/api/join", {"code": code, "display_name": name})
        self.port, self.code, self.session = port, code, joined["session_token"]
        self.player = joined["player_id"]
        self.socket, self.seen = None, 0
        self.questions, self.acknowledged, self.last = [], [], {}
        self.is_over = threading.Event()
        self.failure = None

    def run(self):
        try:
            self.connect()
            while len(self.questions) < QUESTIONS:
                self.hear()
            while not self.is_over.is_set():
                self.answer()
                time.sleep(BETWEEN_ANSWERS_SECONDS)
        except Exception as error:
            self.failure = error

    def connect(self):
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if self.socket:
                    self.socket.close()
                self.socket = Socket(self.port, f"/ws/{self.code}")
                self.socket.send({"type": "hello", "payload": {"session": self.session, "since": self.seen}})
                welcome = self.socket.until(lambda message: message["type"] == "welcome")
                assert welcome["seq"] >= self.seen, f"back in time: {welcome['seq']} after {self.seen}"
                self.seen = welcome["seq"]
                return
            except Gone:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def hear(self):
        """The next message. None after the server was away."""
        try:
            message = self.socket.receive()
        except Gone:
            self.connect()
            return None
        self.seen = max(self.seen, message.get("seq") or 0)
        if message["type"] == "reconnect":
            time.sleep(message["payload"]["after_ms"] / 1000)
            self.connect()
            return None
        if message["type"] == "question_released":
            question = message["payload"]["question"]["id"]
            if question not in self.questions:
                self.questions.append(question)
        return message

    def answer(self):
        number = len(self.acknowledged)
        question, text, name = self.questions[number % QUESTIONS], f"answer {number}", f"m{number}"
        message = {"type": "submit_answer", "id": name, "payload": {"question_id": question, "answer": text}}
        while True:
            try:
                self.socket.send(message)
            except Gone:
                self.connect()
                continue
            heard = self.hear()
            while heard and heard.get("id") != name:
                heard = self.hear()
            if heard and heard["type"] == "answer_accepted":
                break
            if heard:
                assert heard["payload"]["code"] in ("not_saved", "too_fast"), heard
                time.sleep(0.1)
        self.acknowledged.append((name, time.monotonic()))
        self.last[question] = text


class Room:
    """One game whose questions are all open."""

    def __init__(self, api, port):
        self.api, self.port = api, port
        bank = api.post("/api/banks", {"name": "Bank"})["id"]
        for number in range(QUESTIONS):
            question = {"type": "text", "prompt": f"Question {number}?", "accepted_answers": ["yes"]}
            api.post(f"/api/banks/{bank}/questions", question)
        self.game = api.post("/api/games", {"bank_id": bank, "round_size": QUESTIONS})
        self.phones = [Phone(port, self.game["code"], f"Team {number}") for number in range(PHONES)]
        host = self.host()
        step(host, "start_game", {})
        step(host, "release_question", {"all": True})
        host.close()
        for phone in self.phones:
            phone.start()

    def host(self):
        host = Socket(self.port, f"/ws/{self.game['code']}")
        host.send({"type": "hello", "payload": {"token": self.api.headers["Authorization"].removeprefix("Bearer ")}})
        host.until(lambda message: message["type"] == "host_state")
        return host

    def goes_on(self):
        """Waits until each phone has two more answers acknowledged than now: the first may have been on its way."""
        before = [len(phone.acknowledged) for phone in self.phones]
        until = time.monotonic() + PATIENCE_SECONDS
        for phone, count in zip(self.phones, before):
            while len(phone.acknowledged) < count + 2:
                assert phone.failure is None, f"a phone failed: {phone.failure!r}"
                assert time.monotonic() < until, "the room does not go on"
                time.sleep(0.02)

    def acknowledged(self):
        """How many answers are, of all phones."""
        return sum(len(phone.acknowledged) for phone in self.phones)

    def longest_wait(self, since):
        """The longest time from one acknowledged answer of a phone to its next one, in seconds."""
        waits = []
        for phone in self.phones:
            times = [at for _, at in phone.acknowledged if at >= since - 1]
            waits += [later - earlier for earlier, later in zip(times, times[1:])]
        return max(waits)

    def end(self):
        """Ends the round, whose last answers count, and the game."""
        for phone in self.phones:
            phone.is_over.set()
        for phone in self.phones:
            phone.join(PATIENCE_SECONDS)
            assert not phone.is_alive() and phone.failure is None, f"a phone failed: {phone.failure!r}"
        host = self.host()
        step(host, "end_round", {}, then="round_review", do=self.is_reviewed)
        step(host, "release_scores", {})
        step(host, "end_game", {})
        host.close()

    def is_stored(self, database):
        """Every acknowledged answer is stored, once, and nothing else. Gives how many they are."""
        rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        for phone in self.phones:
            stored = rows.execute("SELECT client_id FROM game_answers WHERE player_id = ?", [phone.player]).fetchall()
            told = [name for name, _ in phone.acknowledged]
            assert sorted(name for (name,) in stored) == sorted(told), "each acknowledged answer once, and nothing else"
        count, last = rows.execute(
            "SELECT count(*), max(seq) FROM game_events WHERE game_id = ?", [self.game["id"]]
        ).fetchone()
        assert count == last, "the log has no gap"
        rows.close()
        return self.acknowledged()

    def is_reviewed(self, review):
        shown = {}
        for question in review["payload"]["questions"]:
            for answer in question["answers"]:
                shown.setdefault(answer["player_id"], {})[question["question_id"]] = answer["answer"]
        for phone in self.phones:
            assert shown[phone.player] == phone.last, "the last answers count"


OWNER = {"username": "owner", "password": "correct horse battery staple"}


def sign_in(port, path="/api/session", **more):
    """Lets the owner in, by the password or at another path by something more, and gives an API token."""
    _, headers = Api(port).call("POST", path, {**OWNER, **more})
    cookie = headers["Set-Cookie"].split(";")[0]
    return Api(port, {"Cookie": cookie}).post("/api/account/tokens", {"name": "proof"})["token"]


def step(host, kind, payload, then=None, do=None):
    """A step of the host; where something is to come of it, looks at that, before or after the word that it is done."""
    host.send({"type": kind, "payload": payload, "id": kind})
    is_done, has_come = False, then is None
    while not (is_done and has_come):
        message = host.receive()
        if message.get("id") == kind:
            assert message["type"] == "done", message
            is_done = True
        elif message["type"] == then:
            do(message)
            has_come = True


def answers(port, path="/healthz", host="127.0.0.1", headers=None):
    """Whether something answers there, with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
