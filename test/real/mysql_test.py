"""What users have is in MariaDB, too, and nobody notices when MariaDB is not there."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import threading

from lib import mariadb
from lib.agent import TEXT
from lib.services import Service
from lib.tap import Failed, check, equal, test, wait_until

PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{uri}"><tuple id="t1"><status><basic>open</basic>\
</status><note>{note}</note></tuple></presence>"""
CANNOT = "the SQL mirror cannot be written"
HOME = "sip.example.test"


def server_with(world, db, users=4, **settings):
    return world.own_server("home-lcs", users=users, transports=("tcp", "tls"),
                            options=mariadb.options(world, db.url(), db.live, **settings))


def joined(server):
    return server.ctl("store", "show")["mirror_joined"]


def caught_up(server, db, home=HOME):
    """Everything is there, and nothing else."""
    def is_same():
        shown = server.ctl("store", "show")
        return shown["mirror_joined"] and shown["mirror_waiting"] == 0 and db.agrees(server, home)
    try:
        wait_until(is_same, 20, "MariaDB has what the store has")
    except Failed as e:
        raise Failed(f"{e}; {server.ctl('store', 'show')}; {db.differences(server, home)}") from None


def lines(server, text):
    return server.log_lines(text)


def kill(server):
    """The server dies; its supervisor starts another one."""
    pid, = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.server_pids() not in ([], [pid]) and
               server.try_ctl("status").returncode == 0, 15, "the server is there again")


def publish(agent, note):
    reply = agent.ask("PUBLISH", agent.user.uri, [("Event", "presence"), ("Expires", "600"),
                      ("Content-Type", "application/pidf+xml")],
                      PIDF.format(uri=agent.user.uri, note=note).encode())
    equal(reply.code, 200, "PUBLISH")


def watch(watcher, uri):
    reply = watcher.ask("SUBSCRIBE", uri, [("Event", "presence"), ("Expires", "600"),
                                           ("Accept", "application/pidf+xml")])
    equal(reply.code, 200, "SUBSCRIBE")
    return notice(watcher)


def notice(watcher):
    note = watcher.peer.expect("NOTIFY", 10)
    watcher.answer(note, 200, "OK")
    return note


def notice_with(watcher, text):
    """The notice that says so; one that was under way before may come first."""
    for _ in range(4):
        if text in notice(watcher).body:
            return
    raise Failed(f"no notice says {text}")


def leave_message(sender, user, text):
    reply = sender.ask("MESSAGE", user.uri, TEXT, text)
    equal(reply.code, 202, "MESSAGE to somebody who is away")


def group(server, user, name):
    server.ctl("contacts", "addgroup", user.aor, name)


def copy_store(server):
    """Where its store lies, and the files as they are now; it stands still for that."""
    server.stop()
    state = pathlib.Path(server.directory) / "state"
    saved = {f.name: f.read_bytes() for f in state.glob("lcs.db*")}
    server.start_again()
    return state, saved


def texts(db, column, table, where="1 = 1"):
    return sorted(row[0] for row in db.ask(f"select {column} from {table} where {where}"))


@test("sign-in, contacts, presence, a message that waits: the rows are in MariaDB, in two databases, "
      "and go there when they go", limit=90)
def everyday(world):
    db = mariadb.database(world, "everyday")
    server, (one, two, three, away) = server_with(world, db)
    sipe = world.sipe(three, "tcp", server)
    alice, bob = (world.agent(u, "tcp", server).signed_in() for u in (one, two))
    sipe.wait_signed_on()
    wait_until(lambda: "<contactList" in sipe.trace(), 10, "the contact list")
    sipe.command("add", one.uri, "Büro", "Alice ' \\ Ä")
    wait_until(lambda: server.ctl("contacts", "export", three.aor)["contacts"], 10, "the contact")
    publish(alice, "here")
    check(b"here" in watch(bob, one.uri).body, "the first notice")
    leave_message(alice, away, b"for later")
    caught_up(server, db)
    equal(texts(db, "aor", f"{db.live}.usrloc_binding"), sorted(u.aor for u in (one, two, three)),
          "who is signed in, by MariaDB")
    equal(texts(db, "uri", "contacts_contact"), [one.aor], "contacts, by MariaDB")
    equal(texts(db, "name", "contacts_contact"), ["Alice ' \\\\ Ä"], "his name, by MariaDB")
    equal(texts(db, "name", "contacts_group"), ["Büro"], "groups, by MariaDB")
    equal(texts(db, "body", "msilo_message"), ["for later"], "messages that wait, by MariaDB")
    check(any("here" in body for body in texts(db, "body", f"{db.live}.presence_pub")), "the publication")
    check(any(aor == one.aor for aor in texts(db, "aor", f"{db.live}.presence_sub")),
          "the subscription")
    # what goes here goes there
    sipe.command("remove", one.uri)
    alice.register(expires=0)
    world.agent(away, "tcp", server).signed_in().peer.expect("MESSAGE", 10)
    wait_until(lambda: texts(db, "uri", "contacts_contact") == [], 10, "the contact goes")
    wait_until(lambda: one.aor not in texts(db, "aor", f"{db.live}.usrloc_binding"), 10,
               "the binding goes")
    caught_up(server, db)
    check("password" not in " ".join(row[0] for row in db.ask("show tables")) and
          not db.ask("show tables like 'user_account'"), "accounts are not there")


@test("MariaDB {}: sign-in, presence and messages go on, one log line says why; lcs dies meanwhile; "
      "then all of it arrives, once", limit=120, each=[("dies",), ("is stopped",)])
def outage(world, how):
    db = mariadb.database(world, "outage_" + how.replace(" ", "_"))
    server, (one, two, three, away) = server_with(world, db)
    alice, bob = (world.agent(u, "tcp", server).signed_in() for u in (one, two))
    publish(alice, "before")
    watch(bob, one.uri)
    group(server, one, "Stays")
    group(server, one, "Goes")
    leave_message(alice, away, b"first")
    caught_up(server, db)
    (db.kill if how == "dies" else db.stop)()
    try:
        publish(alice, "meanwhile")
        notice_with(bob, b"meanwhile")
        carol = world.agent(three, "tcp", server).signed_in()
        carol.deliver(bob, b"without a database")
        leave_message(carol, away, b"second")
        number = {g["name"]: g["group"] for g in server.ctl("contacts", "groups", one.aor)}["Goes"]
        server.ctl("contacts", "removegroup", one.aor, str(number))
        group(server, one, "Comes")
        wait_until(lambda: not joined(server) and lines(server, CANNOT), 30, "the server says so")
        shown = server.ctl("store", "show")
        check(shown["mirror_waiting"] > 0 and shown["mirror_error"], f"store show: {shown}")
        check(shown["healthy"], "the store itself is healthy")
        stats = {s["name"]: s["value"] for s in server.ctl("stats", "show", "store.mirror", "--all")}
        check(stats["store.mirror_joined"] == 0 and stats["store.mirror_waiting"] > 0 and
              stats["store.mirror_failures"] > 0, f"statistics: {stats}")
        kill(server)
        check(server.ctl("store", "show")["mirror_waiting"] > 0, "nothing waits after kill -9")
        dave = world.agent(three, "tls", server).signed_in()
        leave_message(dave, away, b"third")
        publish(dave, "after the fall")
        group(server, one, "Late")
    finally:
        db.start()
    caught_up(server, db)
    equal(texts(db, "name", "contacts_group"), ["Comes", "Late", "Stays"], "groups, by MariaDB")
    equal([row[0] for row in db.ask("select body from msilo_message order by id")],
          ["first", "second", "third"], "messages, by MariaDB")
    check(len(lines(server, CANNOT)) <= 6, f"log lines: {lines(server, CANNOT)}")
    check(lines(server, "the SQL mirror has all that waited"), "no line says that it is over")


def without_store(server):
    """As after the loss of its disk; what was there."""
    state = pathlib.Path(server.directory) / "state"
    kept = state.with_name("kept")
    kept.mkdir()
    for file in state.glob("lcs.db*"):
        shutil.move(file, kept / file.name)
    return kept


@test("a server that lost its store is filled from MariaDB; the lost one, come back, is not let in "
      "until it claims", limit=120)
def filled(world):
    db = mariadb.database(world, "filled")
    server, (one, two, *_) = server_with(world, db)
    alice = world.agent(one, "tcp", server).signed_in()
    group(server, one, "Before")
    leave_message(alice, two, b"kept")
    caught_up(server, db)
    server.stop()
    before = db.ask("select * from contacts_group")
    kept = without_store(server)
    server.start_again()
    check(lines(server, "is filled from the SQL mirror"), "the log")
    equal([g["name"] for g in server.ctl("contacts", "groups", one.aor)][-1], "Before", "groups")
    equal(db.ask("select * from contacts_group"), before, "rows in MariaDB")
    caught_up(server, db)
    bob = world.agent(two, "tcp", server).signed_in()
    message = bob.peer.expect("MESSAGE", 10)
    bob.answer(message, 200, "OK")          # or the server waits for that when it is stopped
    check(message.body.endswith(b"kept"), "the message that waited")
    group(server, one, "After")
    caught_up(server, db)

    # the other one is found again
    server.stop()
    state = pathlib.Path(server.directory) / "state"
    for file in state.glob("lcs.db*"):
        file.unlink()
    for file in kept.iterdir():
        shutil.move(file, state / file.name)
    server.start_again()
    wait_until(lambda: "lcsctl store claim" in server.ctl("store", "show")["mirror_error"], 10,
               "it is told what to do")
    world.agent(one, "tls", server).signed_in()
    group(server, one, "Other")
    equal(texts(db, "name", "contacts_group"), ["After", "Before"], "not touched")
    server.ctl("store", "claim")
    caught_up(server, db)
    equal(texts(db, "name", "contacts_group"), ["Before", "Other"], "after the claim")


@test("a store put back from a backup is known as one, and not taken for the truth", limit=90)
def backup(world):
    db = mariadb.database(world, "backup")
    server, (one, *_) = server_with(world, db)
    group(server, one, "Old")
    caught_up(server, db)
    state, saved = copy_store(server)
    group(server, one, "New")
    caught_up(server, db)
    server.stop()
    for file in state.glob("lcs.db*"):
        file.unlink()
    for name, data in saved.items():
        (state / name).write_bytes(data)
    server.start_again()
    wait_until(lambda: "backup" in server.ctl("store", "show")["mirror_error"], 10, "it is known")
    equal(texts(db, "name", "contacts_group"), ["New", "Old"], "not touched")

    # so it is when the database comes later, and there are more marks here than ever went there
    server.stop()
    for name, data in saved.items():
        (state / name).write_bytes(data)
    for file in state.glob("lcs.db-*"):
        if file.name not in saved:
            file.unlink()
    db.stop()
    try:
        server.start_again()
        for i in range(8):
            group(server, one, f"Later {i}")
    finally:
        db.start()
    wait_until(lambda: "backup" in server.ctl("store", "show")["mirror_error"], 20, "it is known again")
    equal(texts(db, "name", "contacts_group"), ["New", "Old"], "not touched")

    # and when it is started again, with higher numbers than there were
    server.stop()
    server.start_again()
    group(server, one, "Last")
    wait_until(lambda: "backup" in server.ctl("store", "show")["mirror_error"], 10, "it is known at last")
    equal(texts(db, "name", "contacts_group"), ["New", "Old"], "not touched")

    # it claims; the copies of it, this one too, have another identity from then on
    server.ctl("store", "claim")
    caught_up(server, db)
    server.stop()
    for file in state.glob("lcs.db*"):
        file.unlink()
    for name, data in saved.items():
        (state / name).write_bytes(data)
    server.start_again()
    wait_until(lambda: "another store" in server.ctl("store", "show")["mirror_error"], 10, "a copy")
    check("Last" in texts(db, "name", "contacts_group"), "what was claimed stays")


@test("of two copies of a store that both run, the first that brings a change goes on, the other is kept "
      "out, also after a restart", limit=120)
def copies(world):
    db = mariadb.database(world, "copies")
    server, (one, *_) = server_with(world, db)
    group(server, one, "Both")
    caught_up(server, db)
    state, saved = copy_store(server)
    group(server, one, "Original")
    caught_up(server, db)
    twin, _ = world.own_server("home-lcs", users=1, transports=("tcp", "tls"), options=mariadb.options(
        world, "", "", store_mirror_password=""))
    twin.stop()
    twin.start_words = twin.start_words[:twin.start_words.index("--config")] + mariadb.options(
        world, db.url(), db.live, store_mirror_home=HOME)
    there = pathlib.Path(twin.directory) / "state"
    for file in there.glob("lcs.db*"):
        file.unlink()
    for name, data in saved.items():
        (there / name).write_bytes(data)
    for again in range(3):
        twin.start_again()
        for i in range(6):
            group(twin, one, f"Twin {again} {i}")
        wait_until(lambda: "newer rows" in twin.ctl("store", "show")["mirror_error"], 10, "the copy is known")
        equal(texts(db, "name", "contacts_group"), ["Both", "Original"], "groups")
        twin.stop()
    group(server, one, "Later")
    caught_up(server, db)


@test("a database that lost what it had is filled up again, under a server that runs and at a start; "
      "somebody who writes with the number of this server, as a copy of it does, is noticed", limit=90)
def lost_there(world):
    db = mariadb.database(world, "lost_there")
    server, (one, *_) = server_with(world, db)
    lose = ("delete from {0}.contacts_group where name = 'Lost'; "
            "update {0}.lcs_home set seq = seq - 1").format(db.name)
    group(server, one, "Kept")
    group(server, one, "Lost")
    caught_up(server, db)
    server.stop()
    db.admin(lose)
    server.start_again()
    caught_up(server, db)
    check(lines(server, "the SQL mirror has lost what it had"), "the log")
    db.admin(lose)
    group(server, one, "New")
    caught_up(server, db)
    equal(texts(db, "name", "contacts_group"), ["Kept", "Lost", "New"], "groups")

    db.admin(f"update {db.name}.lcs_home set seq = seq + 1")
    group(server, one, "Ours")
    wait_until(lambda: "a copy" in server.ctl("store", "show")["mirror_error"], 10, "it is noticed")
    for i in range(4):
        group(server, one, f"Ours {i}")
    wait_until(lambda: lines(server, "newer rows"), 10, "and not joined again")
    equal(texts(db, "name", "contacts_group"), ["Kept", "Lost", "New"], "not touched")
    server.ctl("store", "claim")
    caught_up(server, db)


@test("two homes share one database, and neither touches the other's rows; one uses its socket",
      limit=90)
def two_homes(world):
    db = mariadb.database(world, "two_homes")
    servers = [server_with(world, db, users=2, store_mirror_home="north")]
    servers.append(world.own_server(
        "home-lcs", users=2, transports=("tcp", "tls"), options=mariadb.options(
            world, db.url() + "?socket=" + db.service.env["LCS_TEST_DB_SOCKET"], db.live,
            store_mirror_home="south", store_mirror_tls="verify")))
    for (server, users), name in zip(servers, ("N", "S")):
        world.agent(users[0], "tcp", server).signed_in()
        group(server, users[0], name)
    for (server, _), home in zip(servers, ("north", "south")):
        caught_up(server, db, home)
    equal(texts(db, "name", "contacts_group"), ["N", "S"], "groups of both")
    equal(texts(db, "name", "lcs_home"), ["north", "south"], "homes")
    (north, _), (south, users) = servers
    north.stop()
    without_store(north)
    north.start_again()
    caught_up(north, db, "north")
    caught_up(south, db, "south")


# -- what is wrong with the database

def silent():
    """Something that accepts and says nothing; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, listener.getsockname()[1]


def prepare_newer(db):
    db.admin(f"use {db.name}; create table lcs_schema(module varbinary(64) not null primary key, "
             "step integer not null); insert into lcs_schema values ('contacts', 99)")


def prepare_poor(db):
    db.admin(f"create user if not exists 'poor'@'%' identified by 'lcs'; "
             f"grant select on {db.name}.* to 'poor'@'%'; grant select on {db.live}.* to 'poor'@'%'")


WRONG = {
    "a wrong password": (lambda db: (db.url(), {"store_mirror_password": "wrong"}),
                         ("Access denied", "store_mirror_password")),
    "an unknown database": (lambda db: (db.url(name="nowhere"), {}), ("nowhere", "store_mirror")),
    "nobody there": (lambda db: (db.url(port=1), {}), ("is the database running",)),
    "a user without rights": (lambda db: (prepare_poor(db) or db.url(user="poor"), {}),
                              ("denied", "GRANT")),
    "tables of a newer version": (lambda db: (prepare_newer(db) or db.url(), {}),
                                  ("newer version of lcs", "install the newer version")),
    "a database without TLS": (lambda db: (db.url(), {"store_mirror_tls": "verify"}), ("TLS",)),
}


def start_fails(world, url, live, settings, words, why="the store here is empty"):
    """An empty store: the server does not begin, and says why."""
    directory = world.run.new_directory()
    try:
        world.own_server("home-lcs", users=1, transports=("tcp", "tls"), directory=directory,
                         options=mariadb.options(world, url, live, **settings))
    except Failed:
        log = (directory / "log").read_text()
        for word in (*words, why):
            check(word in log, f"nothing says \"{word}\": {log[-600:]}")
        return
    raise Failed("an empty store began without asking the database")


@test("a database's name with a backtick in it is none", limit=60)
def backtick(world):
    db = mariadb.database(world, "backtick")
    start_fails(world, db.url(), "lcs`; drop table contacts_list", {}, ("store_mirror_live",), "backtick")


@test("{}: an empty store does not begin and says what to do; one with users begins, serves, and says "
      "it in its log and to lcsctl", limit=90, each=[(name,) for name in WRONG])
def wrong(world, name):
    make, words = WRONG[name]
    db = mariadb.database(world, "wrong_" + "".join(c if c.isalnum() else "_" for c in name).lower())
    url, settings = make(db)
    start_fails(world, url, db.live, settings, words)
    serves_with(world, db, url, settings, words)


def serves_with(world, db, url, settings, words):
    """A store that had no mirror until now."""
    server, (one, *_) = world.own_server(
        "home-lcs", users=2, transports=("tcp", "tls"),
        options=mariadb.options(world, "", "", store_mirror_password=""))
    world.agent(one, "tcp", server).signed_in()
    group(server, one, "Mine")
    server.stop()
    options = mariadb.options(world, url, db.live, **settings)
    server.start_words = server.start_words[:server.start_words.index("--config")] + options
    server.start_again()
    pids = server.server_pids()
    wait_until(lambda: server.ctl("store", "show")["mirror_error"], 20, "it says what is wrong")
    for word in words:
        check(word in server.ctl("store", "show")["mirror_error"], f"\"{word}\" in store show")
        check(any(word in line for line in lines(server, CANNOT)), f"\"{word}\" in the log")
    world.agent(one, "tls", server).signed_in()
    group(server, one, "Meanwhile")
    equal(server.server_pids(), pids, "processes of the server")
    return server, one


@test("a database that accepts and says nothing: neither start nor sign-in nor stop waits for it",
      limit=90)
def says_nothing(world):
    db = mariadb.database(world, "says_nothing")
    listener, port = silent()
    with listener:
        start_fails(world, db.url(port=port), db.live, {}, ("does not answer",))
        server, _ = serves_with(world, db, db.url(port=port), {}, ("does not answer",))
        server.stop()


@test("a store that had no mirror is brought there whole; without one for a while, and with one again, "
      "too", limit=90)
def later(world):
    db = mariadb.database(world, "later")
    server, one = serves_with(world, db, db.url(port=1), {}, ())
    server.stop()
    begin = server.start_words[:server.start_words.index("--config")]
    there = begin + mariadb.options(world, db.url(), db.live)
    server.start_words = there
    server.start_again()
    caught_up(server, db)
    equal(texts(db, "name", "contacts_group"), ["Meanwhile", "Mine"], "groups")
    server.stop()
    server.start_words = begin + mariadb.options(world, "", "", store_mirror_password="")
    server.start_again()
    equal(server.ctl("store", "show")["mirror"], False, "no mirror")
    refused = server.try_ctl("store", "resync")
    check(refused.returncode != 0 and "store_mirror" in refused.stdout + refused.stderr, "resync without")
    for g in server.ctl("contacts", "groups", one.aor):
        if g["name"] == "Mine":
            server.ctl("contacts", "removegroup", one.aor, str(g["group"]))
    server.stop()
    store = sqlite3.connect(f"{server.directory}/state/lcs.db")
    equal(store.execute("select count(*) from lcs_mirror_mark").fetchone()[0], 0, "marks without a mirror")
    store.close()
    for name in (db.name, db.live):
        db.admin(f"revoke create, alter on {name}.* from 'lcs'@'%'")
    server.start_words = there
    server.start_again()
    caught_up(server, db)
    equal(texts(db, "name", "contacts_group"), ["Meanwhile"], "groups")


@test("a row that MariaDB refuses holds up no other; rows that others changed there are put right by "
      "lcsctl store resync", limit=90)
def refused(world):
    db = mariadb.database(world, "refused")
    server, (one, two, *_) = server_with(world, db)
    group(server, one, "Right")
    caught_up(server, db)
    db.admin(f"alter table {db.name}.contacts_group modify name varbinary(5) not null")
    group(server, one, "Much too long")
    group(server, two, "Short")
    wait_until(lambda: "Short" in texts(db, "name", "contacts_group"), 10, "the one behind it")
    wait_until(lambda: server.ctl("store", "show")["mirror_refused"] == 1, 10, "one is refused")
    said = lines(server, f'does not take rows count=1 table=contacts_group key="{one.aor} ')
    equal(len(said), 1, "lines of the log")
    for i in range(30):
        group(server, one, f"As long as that {i}")
    wait_until(lambda: server.ctl("store", "show")["mirror_refused"] == 31, 10, "all are refused")
    server.ctl("store", "resync")
    check(lines(server, "does not take rows count=31 table=contacts_group"), "one line tells of all")
    db.admin(f"alter table {db.name}.contacts_group modify name mediumblob not null; "
             f"delete from {db.name}.contacts_list; "
             f"update {db.name}.contacts_group set name = 'Wrong' where name = 'Right'; "
             f"insert into {db.name}.contacts_list(lcs_home, aor) "
             f"select 1, concat('nobody', seq) from {db.name}.seq_1_to_2500")
    server.ctl("store", "resync")
    caught_up(server, db)
    equal(server.ctl("store", "show")["mirror_refused"], 0, "refused rows")


@test("a row that is larger than the database's packets, at which it hangs up, holds up no other", limit=60)
def too_large(world):
    db = mariadb.database(world, "too_large")
    server, (one, two, *_) = server_with(world, db)
    alice = world.agent(one, "tcp", server).signed_in()
    caught_up(server, db)
    before = db.admin("select @@global.max_allowed_packet").strip()
    db.admin("set global max_allowed_packet = 16384")
    try:
        for number in db.admin("select id from information_schema.processlist where user = 'lcs'").split():
            db.admin(f"kill {number}")
        leave_message(alice, two, b"x" * 30000)
        group(server, one, "Behind")
        wait_until(lambda: texts(db, "name", "contacts_group") == ["Behind"], 20, "the one behind it")
        wait_until(lambda: server.ctl("store", "show")["mirror_refused"] == 1, 10, "one is refused")
        check(lines(server, "raise max_allowed_packet"), "the log says what to do")
    finally:
        db.admin(f"set global max_allowed_packet = {before}")
    server.stop()
    server.start_again()
    caught_up(server, db)


class Choker:
    """In front of MariaDB; ends the connection without a word where certain bytes come."""

    def __init__(self, port, poison):
        self.target, self.poison, self.choked = int(port), poison, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.socket.accept()[0]
                far = socket.create_connection(("127.0.0.1", self.target))
                threading.Thread(target=self.pump, args=(near, far, self.poison), daemon=True).start()
                threading.Thread(target=self.pump, args=(far, near, None), daemon=True).start()

    def pump(self, source, sink, poison):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if poison and poison in data:
                    self.choked += 1
                    break
                sink.sendall(data)
        for s in (source, sink):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.socket.close()


@test("a row at which the database hangs up without a reason is set aside, and holds up no other; it is "
      "tried again when it changes", limit=120)
def hangs_up(world):
    db = mariadb.database(world, "hangs_up")
    choker = world.add(Choker(db.port, b"Poison"))
    server, (one, two, *_) = world.own_server(
        "home-lcs", users=4, transports=("tcp", "tls"),
        options=mariadb.options(world, db.url(port=choker.port), db.live))
    group(server, two, "First")
    caught_up(server, db)
    for name in ("Before", "Poison", "Behind"):
        group(server, one, name)
    wait_until(lambda: server.ctl("store", "show")["mirror_refused"] == 1, 60, "one is refused")
    equal(choker.choked, 3, "tries")
    wait_until(lambda: texts(db, "name", "contacts_group") == ["Before", "Behind", "First"], 20, "the others")
    check(lines(server, "hangs up at a row table=contacts_group"), "the log")
    number = {g["name"]: g["group"] for g in server.ctl("contacts", "groups", one.aor)}["Poison"]
    server.ctl("contacts", "removegroup", one.aor, str(number))
    caught_up(server, db)
    equal(server.ctl("store", "show")["mirror_refused"], 0, "refused rows")


@test("in an outage no more rows are noted than store_mirror_marks; then all are compared, also after a "
      "restart meanwhile", limit=150)
def bounded(world):
    db = mariadb.database(world, "bounded")
    server, (one, two, three, *_) = server_with(world, db, store_mirror_marks="100")
    alice = world.agent(one, "tcp", server).signed_in()
    for name in ("Stays", "Goes"):
        group(server, two, name)
    leave_message(alice, three, b"early")
    caught_up(server, db)
    db.stop()
    try:
        for i in range(130):
            leave_message(alice, three, b"%d" % i)
        wait_until(lambda: server.ctl("store", "show")["mirror_unmarked"], 30, "too many wait")
        check(lines(server, "more rows wait for the SQL mirror than store_mirror_marks"), "the log")
        number = {g["name"]: g["group"] for g in server.ctl("contacts", "groups", two.aor)}["Goes"]
        server.ctl("contacts", "removegroup", two.aor, str(number))
        group(server, two, "Comes")
        store = sqlite3.connect(f"{server.directory}/state/lcs.db")
        equal(store.execute("select count(*) from lcs_mirror_mark").fetchone()[0], 0, "marks")
        store.close()
        shown = server.ctl("store", "show")
        check(shown["mirror_waiting"] > 100 and not shown["mirror_joined"], f"store show: {shown}")
        stats = {s["name"]: s["value"] for s in server.ctl("stats", "show", "store.mirror", "--all")}
        equal((stats["store.mirror_overflows"], stats["store.mirror_unmarked"]), (1, 1), "statistics")
        kill(server)
        alice = world.agent(one, "tls", server).signed_in()
        group(server, two, "Late")
    finally:
        db.start()
    caught_up(server, db)
    equal(texts(db, "name", "contacts_group"), ["Comes", "Late", "Stays"], "groups, by MariaDB")
    equal(len(texts(db, "id", "msilo_message")), 131, "messages, by MariaDB")
    check(not server.ctl("store", "show")["mirror_unmarked"], "changes are noted again")
    group(server, two, "After")
    caught_up(server, db)
    equal(len(lines(server, "more rows wait for the SQL mirror")), 1, "said once")


@test("that all rows wait after lcsctl store resync is no outage, whatever store_mirror_marks is", limit=90)
def resync_is_no_outage(world):
    db = mariadb.database(world, "no_outage")
    server, (one, two, *_) = server_with(world, db, store_mirror_marks="100")
    alice = world.agent(one, "tcp", server).signed_in()
    for i in range(130):
        leave_message(alice, two, b"%d" % i)
    caught_up(server, db)
    server.stop()
    server.start_again()
    caught_up(server, db)
    # there it can be read, and not written for longer than anybody waits
    def hold():
        with contextlib.suppress(Failed):       # it is ended below
            db.admin("flush tables with read lock; do sleep(10)")
    held = threading.Thread(target=hold)
    held.start()
    holder = "from information_schema.processlist where info like 'do sleep%'"
    wait_until(lambda: "sleep" in db.admin(f"select info {holder}"), 5, "it is locked")
    server.ctl("store", "resync")
    wait_until(lambda: lines(server, CANNOT), 20, "they cannot go")
    for number in db.admin(f"select id {holder}").split():
        db.admin(f"kill query {number}")        # its sleep ends, and with it the lock
    held.join()
    caught_up(server, db)
    stats = {s["name"]: s["value"] for s in server.ctl("stats", "show", "store.mirror", "--all")}
    equal(stats["store.mirror_overflows"], 0, "overflows")
    equal(len(texts(db, "id", "msilo_message")), 130, "messages, by MariaDB")


@test("a row that MariaDB has refused is tried again after store_mirror_retry", limit=60)
def tried_again(world):
    db = mariadb.database(world, "tried_again")
    server, (one, *_) = server_with(world, db, store_mirror_retry="2s")
    caught_up(server, db)
    db.admin(f"alter table {db.name}.contacts_group modify name varbinary(5) not null")
    group(server, one, "Much too long")
    wait_until(lambda: server.ctl("store", "show")["mirror_refused"] == 1, 10, "it is refused")
    db.admin(f"alter table {db.name}.contacts_group modify name mediumblob not null")
    wait_until(lambda: texts(db, "name", "contacts_group") == ["Much too long"], 30, "it is there")
    caught_up(server, db)


@test("TLS to MariaDB: its certificate is checked against store_mirror_ca, and another's is refused",
      limit=90)
def tls(world):
    mariadb.database(world, "tls")          # skips where there is none
    world.run.end("mariadb")
    pki = world.add(Service("pki", world.run.new_directory()))
    ca = pathlib.Path(pki.env["LCS_TEST_PKI"]) / "ca.pem"
    os.environ.update(LCS_DB_TLS="yes", LCS_TEST_PKI=pki.env["LCS_TEST_PKI"])
    try:
        db = mariadb.database(world, "tls")
        db.admin("alter user 'lcs'@'%' require ssl")
        server, (one, *_) = server_with(world, db, store_mirror_tls="verify", store_mirror_ca=str(ca))
        group(server, one, "Secret")
        wait_until(lambda: joined(server) and server.ctl("store", "show")["mirror_written"] > 0 and
                   server.ctl("store", "show")["mirror_waiting"] == 0, 10, "it is there")
        found = db.admin(f"select name from {db.name}.contacts_group")
        equal(found.strip(), "Secret", "the row")
        start_fails(world, db.url(), db.live,
                    {"store_mirror_tls": "verify", "store_mirror_ca": f"{server.directory}/tls/ca.pem"},
                    ("store_mirror_ca",))
        server.stop()
    finally:
        os.environ.pop("LCS_DB_TLS")
        os.environ.pop("LCS_TEST_PKI")
        world.run.end("mariadb")
