"""MariaDB of services/mariadb.sh, one for all tests of a run, and databases in it for each."""
import os
import pathlib
import shutil
import sqlite3
import subprocess

from .demo import ROOT
from .services import SHARED, Service
from .tap import PATIENCE, Failed, Skip

MADE = ("contacts_contact", "contacts_group", "contacts_list", "msilo_message", "presence_acl_entry",
        "presence_acl_list", "presence_waiting")
LIVE = ("presence_pub", "presence_sub", "usrloc_binding")


def has_driver():
    """Is the server that is tested built with libmariadb?"""
    built = os.environ.get("LCS_BUILD")
    return not built or (pathlib.Path(built) / "modules/mysql.so").exists()


class Database:
    """The component, and its two databases for one test: name, and name + "_live"."""

    def __init__(self, service, name):
        self.service, self.name, self.live = service, name, name + "_live"
        for database in (self.name, self.live):
            self.admin(f"drop database if exists {database}")       # of a first try that failed
            self.admin(f"create database {database}; grant all on {database}.* to 'lcs'@'%'")
        self.port = service.env["LCS_TEST_DB_PORT"]

    def admin(self, sql):
        return self.service.run("sql", "-N", "-B", "-e", sql)

    def ask(self, sql):
        """Rows as lists of texts, as the server's own user sees them."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", self.port, "-u", "lcs", "-plcs", "-N",
             "-B", "-e", sql, self.name], capture_output=True, text=True, timeout=PATIENCE * 20)
        if done.returncode != 0:
            raise Failed(f"mariadb: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def kill(self):
        """It dies at once."""
        self.service.run("kill-node", 1)

    def stop(self):
        self.service.run("stop-node", 1)

    def start(self):
        self.service.run("start-node", 1)

    def url(self, user="lcs", port=None, name=None):
        return f"mysql://{user}@127.0.0.1:{port or self.port}/{name or self.name}"

    def rows(self, server, home):
        """({table: rows here}, {table: rows there}), without those that an update is due for."""
        here, there = {}, {}
        store = sqlite3.connect(f"file:{server.directory}/state/lcs.db?mode=ro", uri=True)
        number = (self.ask(f"select id from lcs_home where name = '{home}'") or [["0"]])[0][0]
        for table in MADE + LIVE:
            columns = [(c[1], "int" in c[2].lower())
                       for c in store.execute(f"pragma table_info({table})")]
            names = ", ".join(f"`{n}`" if i else f"hex(`{n}`)" for n, i in columns)
            at = self.live if table in LIVE else self.name
            here[table] = sorted([str(v) for v in row]
                                 for row in store.execute(f"select {names} from {table}"))
            there[table] = sorted(
                row + [""] * (len(columns) - len(row))
                for row in self.ask(f"select {names} from {at}.{table} where lcs_home = {number}"))
        store.close()
        return here, there

    def agrees(self, server, home="sip.example.test"):
        here, there = self.rows(server, home)
        return here == there

    def differences(self, server, home="sip.example.test"):
        here, there = self.rows(server, home)
        return {t: (here[t], there[t]) for t in here if here[t] != there[t]}


def database(world, name):
    if not has_driver():
        raise Skip("the server is built without libmariadb")
    if shutil.which("mariadb") is None:
        raise Skip("no mariadb: apt-get install --no-install-recommends mariadb-client mariadb-server")
    if not (SHARED / "services/mariadb.sh").exists():
        raise Skip("no services/mariadb.sh (set LCS_SHARED)")
    return Database(world.run.keep("mariadb", lambda: Service(
        "mariadb", world.run.new_directory())), name)


def config(world, role="home-lcs"):
    """The sample with the driver."""
    path = world.path("mirror.cfg")
    path.write_text(f'#!lcs 1\nloadmodule "mysql"\nimport "{ROOT}/cfg/samples/{role}.cfg"\n')
    return path


NUMBERS = ("store_mirror_timeout", "store_mirror_marks", "store_mirror_retry")


def options(world, url, live="", **settings):
    """Words for own_server(options=...)."""
    chosen = {"store_mirror": url, "store_mirror_live": live, "store_mirror_password": "lcs",
              "store_mirror_tls": "no", "store_mirror_timeout": "2s", **settings}
    words = ["--config", str(config(world))]
    for name, value in chosen.items():
        quoted = value if name in NUMBERS else '"' + value + '"'
        words += ["--set", f"{name}={quoted}"]
    return words
