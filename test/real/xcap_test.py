"""XCAP by curl: contacts, rules and services over HTTP are those that SIP clients see."""
import contextlib
import http.client
import os
import re
import signal
import socket

from lib import sip
from lib.tap import PATIENCE, Failed, check, equal, soon, test, wait_until
from lib.world import User
from lib.xcap import LISTS, RULES, SERVICES, Xcap

NS = {LISTS: "urn:ietf:params:xml:ns:resource-lists",
      RULES: "urn:ietf:params:xml:ns:common-policy",
      SERVICES: "urn:ietf:params:xml:ns:rls-services"}
HANDLE = "urn:ietf:params:xml:ns:pres-rules"


class Shared:
    """One server with XCAP for all tests here; each test has users of its own."""

    def __init__(self, world):
        self.xcap = Xcap()
        self.server, self.users = world.own_server("home-lcs", users=40, options=self.xcap.words)

    def stop(self):
        self.server.stop()

    def ask(self, *words, **how):
        return self.xcap.ask(*words, **how)


def shared(world, users=1):
    def make():
        made = Shared(world)
        world.stack.pop_all()           # it ends with the run, not with this test
        world.own.clear()
        return made
    s = world.run.keep("xcap", make)
    return s, *[s.users.pop() for _ in range(users)]


def lists(*groups):
    """A document: groups are (name, {uri: name or None})."""
    entry = lambda u, n: (f'<entry uri="{u}"><display-name>{n}</display-name></entry>' if n else
                          f'<entry uri="{u}"/>')
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<resource-lists xmlns="{NS[LISTS]}">' +
            "".join(f'<list name="{g}">' + "".join(entry(u, n) for u, n in es.items()) + "</list>"
                    for g, es in groups) + "</resource-lists>")


def rules(*some):
    """A document: rules are (id, identity, handling)."""
    return (f'<ruleset xmlns="{NS[RULES]}" xmlns:pr="{HANDLE}">' +
            "".join(f'<rule id="{i}"><conditions><identity>{who}</identity></conditions><actions>'
                    f'<pr:sub-handling>{what}</pr:sub-handling></actions></rule>'
                    for i, who, what in some) + "</ruleset>")


def kept(server, user):
    """The contacts as an administrator sees them: {address: (name, groups)}."""
    full = server.ctl("contacts", "export", user.aor)
    names = {str(g["group"]): g["name"] for g in full["groups"]}
    names["1"] = "~"
    return {c["contact"]: (c["name"], sorted(names[g] for g in c["groups"].split()))
            for c in full["contacts"]}


def rights(server, user):
    return {row["who"]: row["rights"] for row in server.ctl("acl", "show", user.aor)}


def expect(answer, code, error=None):
    if answer.code != code or answer.error != error:
        equal((answer.code, answer.error, answer.body[:300]), (code, error, b""), "answer")
    return answer


@test("who asks: challenges for SHA-256 and MD5, right and wrong passwords, other people's trees",
      limit=60)
def sign_in(world):
    s, alice, bob = shared(world, 2)
    path = s.xcap.document(LISTS, alice)
    answer = expect(s.ask("GET", path), 401)
    offers = answer.all("WWW-Authenticate")
    equal([re.search(r"algorithm=([^,]*)", o)[1] for o in offers], ["SHA-256", "MD5"], "offers")
    check(all(f'realm="{alice.domain}"' in o and 'qop="auth"' in o for o in offers), offers)
    expect(s.xcap.get(LISTS, alice), 404)
    full = User(alice.aor, alice.password)
    expect(s.ask("GET", path, full), 404)                      # "alice@example.test"
    expect(s.ask("GET", path, User(alice.name, "wrong")), 401)
    expect(s.ask("GET", path, User("nobody", "wrong")), 401)
    expect(s.ask("GET", path, bob), 403)
    expect(s.ask("PUT", path, bob, lists(), kind=LISTS), 403)
    expect(s.ask("DELETE", path, bob), 403)
    expect(s.ask("GET", "resource-lists/users/sip:x@elsewhere.test/index", bob), 403)
    expect(s.ask("GET", "xcap-caps/global/index"), 401)
    caps = expect(s.ask("GET", "xcap-caps/global/index", alice), 200)
    equal(re.findall("<auid>([^<]*)", caps.text), ["xcap-caps", LISTS, RULES, SERVICES], "auids")
    equal(caps.get("Content-Type"), "application/xcap-caps+xml", "type")
    expect(s.ask("PUT", "xcap-caps/global/index", alice, "<a/>"), 405)


@test("a disabled user is refused; guessing is braked, for that address and user alone", limit=60)
def brake(world):
    xcap = Xcap()
    server, (alice, bob, carol) = world.own_server("home-lcs", options=xcap.words)
    server.ctl("users", "disable", bob.aor)
    expect(xcap.get(LISTS, bob), 401)
    server.ctl("users", "enable", bob.aor)
    expect(xcap.get(LISTS, bob), 404)
    for _ in range(5):
        expect(xcap.get(LISTS, User(alice.name, "guess")), 401)
    answer = expect(xcap.get(LISTS, alice), 403)
    check(answer.get("Retry-After"), "when to come again")
    expect(xcap.get(LISTS, carol), 404)
    check(server.log_lines(f"too many wrong passwords from=127.0.0.1 user={alice.aor}"), "log")
    rows = {r["name"]: r["value"] for r in server.ctl("stats")}
    equal((rows["xcap_server.wrong_passwords"], rows["xcap_server.braked"]), (6, 1), "statistics")


@test("digest over bare sockets: a response is good once, for its own path, on one connection",
      limit=60)
def replay(world):
    s, alice = shared(world)
    target = "/xcap-root/" + s.xcap.document(LISTS, alice)
    wire = http.client.HTTPConnection("127.0.0.1", s.xcap.port, timeout=PATIENCE * 5)

    def ask(headers, path=target):
        wire.request("GET", path, headers=headers)
        answer = wire.getresponse()
        answer.read()
        return answer
    first = ask({})
    equal(first.status, 401, "without credentials")
    offer = first.headers.get_all("WWW-Authenticate")[1]
    nonce = re.search('nonce="([^"]*)"', offer)[1]
    credentials = {"Authorization": digest_md5(alice, nonce, target, "00000001")}
    equal(ask(credentials).status, 404, "with credentials")
    again = ask(credentials)
    equal(again.status, 401, "the same once more")
    check("stale=true" in again.headers["WWW-Authenticate"], "it was right, but used")
    other = {"Authorization": digest_md5(alice, nonce, target + "/~~/x", "00000002")}
    equal(ask(other).status, 400, "made for another path")
    for bad in ("Digest", "Digest username=", 'Digest realm="' + alice.domain + '"', "Basic YTpi"):
        check(ask({"Authorization": bad}).status in (400, 401), bad)
    wire.close()


def digest_md5(user, nonce, uri, nc):
    import hashlib
    h = lambda s: hashlib.md5(s.encode()).hexdigest()
    response = h(f"{h(f'{user.name}:{user.domain}:{user.password}')}:{nonce}:{nc}:c:auth:"
                 f"{h(f'GET:{uri}')}")
    return (f'Digest username="{user.name}", realm="{user.domain}", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, cnonce="c", nc={nc}, qop=auth')


@test("contacts: a document, its elements and attributes, put and deleted, are the contact list",
      limit=60)
def documents(world):
    s, alice = shared(world)
    x, bob, carol = s.xcap, "sip:bob@example.test", "sip:carol@example.test"
    text = lists(("Friends", {bob: "Bob"}), ("Work", {bob: "Bob", carol: None}))
    equal(expect(x.put(LISTS, alice, text), 201).get("ETag"), '"2k"', "entity tag")
    equal(kept(s.server, alice), {"bob@example.test": ("Bob", ["Friends", "Work"]),
                                  "carol@example.test": ("", ["Work"])}, "contacts")
    answer = expect(x.get(LISTS, alice), 200)
    equal((answer.text, answer.get("Content-Type")), (text, "application/resource-lists+xml"), "it")
    equal(expect(x.ask("HEAD", x.document(LISTS, alice), alice), 200).get("ETag"), '"2k"', "HEAD")
    work = 'resource-lists/list%5b@name=%22Work%22%5d'
    entry = '<entry uri="sip:dan@example.test"><display-name>Dan &amp; Co</display-name></entry>'
    dan = work + '/entry[@uri="sip:dan@example.test"]'.replace('"', "%22")
    expect(x.put(LISTS, alice, entry, dan), 201)
    equal(kept(s.server, alice)["dan@example.test"], ("Dan & Co", ["Work"]), "a new entry")
    answer = expect(x.get(LISTS, alice, dan), 200)
    equal((answer.text, answer.get("Content-Type")), (entry, "application/xcap-el+xml"), "element")
    expect(x.put(LISTS, alice, entry.replace("Dan &amp; Co", "Daniel"), dan), 200)
    equal(kept(s.server, alice)["dan@example.test"][0], "Daniel", "another name")
    expect(x.put(LISTS, alice, "Office", work + "/@name", headers=['If-Match: "4k"']), 409,
           "cannot-insert")                     # the selector would lead nowhere
    expect(x.put(LISTS, alice, "Office", "resource-lists/list%5b2%5d/@name"), 200)
    equal(kept(s.server, alice)["dan@example.test"][1], ["Office"], "a list with another name")
    answer = expect(x.get(LISTS, alice, "resource-lists/list%5b2%5d/@name"), 200)
    equal((answer.text, answer.get("Content-Type")), ("Office", "application/xcap-att+xml"), "")
    answer = expect(x.get(LISTS, alice, "resource-lists/list%5b2%5d/namespace::*"), 200)
    equal((answer.text, answer.get("Content-Type")),
          (f'<list xmlns="{NS[LISTS]}"/>', "application/xcap-ns+xml"), "namespaces")
    expect(x.get(LISTS, alice, f"p:resource-lists/p:list%5b1%5d?xmlns(p={NS[LISTS]})"), 200)
    expect(x.get(LISTS, alice, "p:resource-lists?xmlns(p=urn:other)"), 404)
    expect(x.delete(LISTS, alice, "resource-lists/list%5b2%5d/entry%5b@uri=%22" + carol +
                    "%22%5d"), 200)
    check("carol@example.test" not in kept(s.server, alice), "a deleted entry")
    expect(x.delete(LISTS, alice, "resource-lists/list%5b1%5d"), 409, "cannot-delete")
    expect(x.delete(LISTS, alice, "resource-lists/list%5b2%5d"), 200)
    equal(kept(s.server, alice), {"bob@example.test": ("Bob", ["Friends"])}, "a deleted list")
    expect(x.delete(LISTS, alice), 200)
    equal(kept(s.server, alice), {}, "a deleted document")
    expect(x.get(LISTS, alice), 404)
    expect(x.put(LISTS, alice, '<list name="New"/>', "resource-lists/list%5b@name=%22New%22%5d"),
           201)                                 # the root need not be there first


@test("entity tags: conditions on documents and on what is in them, none lost among many writers",
      limit=60)
def conditions(world):
    s, alice = shared(world)
    x, text = s.xcap, lists(("A", {"sip:a@b.test": None}))
    expect(x.put(LISTS, alice, text, headers=['If-Match: "1"']), 412)
    expect(x.put(LISTS, alice, text, headers=["If-Match: *"]), 412)
    expect(x.put(LISTS, alice, text, headers=["If-None-Match: *"]), 201)
    expect(x.put(LISTS, alice, text, headers=["If-None-Match: *"]), 412)
    tag = x.get(LISTS, alice).get("ETag")
    expect(x.get(LISTS, alice, headers=[f"If-None-Match: {tag}"]), 304)
    expect(x.get(LISTS, alice, headers=[f'If-None-Match: "x", W/{tag}']), 304)
    expect(x.get(LISTS, alice, headers=[f"If-Match: {tag}"]), 200)
    expect(x.get(LISTS, alice, headers=['If-Match: "x"']), 412)
    equal(expect(x.put(LISTS, alice, text), 200).get("ETag"), tag, "nothing was another")
    a = "resource-lists/list%5b@name=%22A%22%5d"
    expect(x.put(LISTS, alice, '<list name="A"/>', a, headers=["If-None-Match: *"]), 412)
    later = expect(x.put(LISTS, alice, '<list name="A"/>', a, headers=[f"If-Match: {tag}"]),
                   200).get("ETag")
    expect(x.put(LISTS, alice, '<list name="A"/>', a, headers=[f"If-Match: {tag}"]), 412)
    expect(x.delete(LISTS, alice, a, headers=[f"If-Match: {tag}"]), 412)
    # an administrator's change makes another document of it
    s.server.ctl("contacts", "set", alice.aor, "c@d.test")
    expect(x.put(LISTS, alice, text, headers=[f"If-Match: {later}"]), 412)
    from concurrent.futures import ThreadPoolExecutor

    def add(i):
        uri = f"sip:many{i}@b.test"
        return x.put(LISTS, alice, f'<entry uri="{uri}"/>',
                     f"{a}/entry%5b@uri=%22{uri}%22%5d").code
    with ThreadPoolExecutor(8) as pool:
        equal(list(pool.map(add, range(24))), [201] * 24, "at the same time")
    equal(len(kept(s.server, alice)), 25, "contacts")


@test("rules: what a document says counts for who watches, and blocks of SIP clients are in it",
      limit=60)
def presence_rules(world):
    s, alice, bob = shared(world, 2)
    x = s.xcap
    expect(x.get(RULES, alice), 404)
    text = rules(("friends", f'<one id="{bob.uri}"/><one id="sip:carol@x.test"/>', "allow"),
                 ("rest", '<many><except id="sip:eve@x.test"/></many>', "polite-block"))
    expect(x.put(RULES, alice, text), 201)
    equal(rights(s.server, alice), {"all": "BA", bob.aor: "AA", "carol@x.test": "AA",
                                    "eve@x.test": "DA"}, "the access list")
    equal(expect(x.get(RULES, alice), 200).text, text, "as it was written")
    rule = "ruleset/rule%5b@id=%22rest%22%5d/actions/sub-handling"
    expect(x.put(RULES, alice, f'<sub-handling xmlns="{HANDLE}">confirm</sub-handling>', rule), 200)
    equal(rights(s.server, alice)["all"], "PA", "another right for the rest")
    equal(s.server.ctl("acl", "ask", alice.aor, "nobody@x.test")["presence"], "ask", "asked")
    # what others do is in the document, which says the same when it is put again
    s.server.ctl("acl", "set", alice.aor, "dan@x.test", "DD")
    made = expect(x.get(RULES, alice), 200)
    check('<except id="sip:dan@x.test"/>' not in made.text or "block" in made.text, made.text)
    before = rights(s.server, alice)
    expect(x.put(RULES, alice, made.text.replace("<rule", " <rule", 1)), 200)
    equal(rights(s.server, alice), before, "the same rules put again")
    # who may write stays as it was, though no rule names him any more
    expect(x.put(RULES, alice, rules(("all", "<many/>", "allow"))), 200)
    equal(rights(s.server, alice), {"dan@x.test": "AD"}, "communication")
    expect(x.delete(RULES, alice), 200)
    s.server.ctl("acl", "set", alice.aor, bob.aor, "BD", "true")
    expect(x.put(RULES, alice, rules(("b", f'<one id="{bob.uri}"/>', "allow"))), 409,
           "constraint-failure")                # an administrator's entry


OPEN = "<resource-lists xmlns='%s'>" % NS[LISTS]
BAD = [
    ("not XML", LISTS, "hello", "not-well-formed"),
    ("empty", LISTS, "", "not-well-formed"),
    ("an open element", LISTS, OPEN, "not-well-formed"),
    ("a prefix without namespace", LISTS, OPEN + "<x:y/></resource-lists>", "not-well-formed"),
    ("a document type", LISTS, "<!DOCTYPE resource-lists>" + lists(), "not-well-formed"),
    ("entities", LISTS, '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + OPEN +
     "&b;</resource-lists>", "not-well-formed"),
    ("an external entity", LISTS, '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + OPEN +
     "&a;</resource-lists>", "not-well-formed"),
    ("deep nesting", LISTS, OPEN + "<list name='x'>" * 5000, "constraint-failure"),
    ("UTF-16", LISTS, lists().encode("utf-16"), "not-utf-8"),
    ("another encoding declared", LISTS,
     '<?xml version="1.0" encoding="ISO-8859-1"?>' + OPEN + "</resource-lists>", "not-utf-8"),
    ("Latin-1 bytes", LISTS, lists(("B\xfcro", {})).encode("latin-1"), "not-utf-8"),
    ("no namespace", LISTS, "<resource-lists/>", "schema-validation-error"),
    ("another root", LISTS, f'<list xmlns="{NS[LISTS]}"/>', "schema-validation-error"),
    ("an entry without uri", LISTS, lists().replace("></", "><list name='a'><entry/></list></"),
     "schema-validation-error"),
    ("text between", LISTS, lists().replace("></", ">text</"), "schema-validation-error"),
    ("lists inside lists", LISTS, lists(("a", {})).replace("></list>", "><list name='b'/></list>"),
     "constraint-failure"),
    ("an external list", LISTS, lists(("a", {})).replace(
        "></list>", "><external anchor='http://x'/></list>"), "constraint-failure"),
    ("an entry-ref", LISTS, lists(("a", {})).replace("></list>", "><entry-ref ref='x'/></list>"),
     "constraint-failure"),
    ("a list without name", LISTS, lists().replace("></", "><list/></"), "constraint-failure"),
    ("an unknown extension", LISTS, lists().replace("></", "><x:y xmlns:x='urn:x'/></"),
     "constraint-failure"),
    ("two lists of one name", LISTS, lists(("a", {}), ("a", {})), "uniqueness-failure"),
    ("an entry twice", LISTS, lists(("a", {"sip:b@c": None, "sip:B@C": None})),
     "uniqueness-failure"),
    ("two names of one contact", LISTS, lists(("a", {"sip:b@c": "X"}), ("d", {"sip:b@c": "Y"})),
     "constraint-failure"),
    ("no address", LISTS, lists(("a", {"sip:": None})), "constraint-failure"),
    ("too many contacts", LISTS, lists(("a", {f"sip:u{i}@c": None for i in range(151)})),
     "constraint-failure"),
    ("too many lists", LISTS, lists(*[(f"g{i}", {}) for i in range(70)]), "constraint-failure"),
    ("a name too long", LISTS, lists(("a" * 300, {})), "constraint-failure"),
    ("rules by sphere", RULES, rules(("a", "<many/>", "allow")).replace(
        "</conditions>", "<sphere value='x'/></conditions>"), "constraint-failure"),
    ("a right that is none", RULES, rules(("a", "<many/>", "maybe")), "schema-validation-error"),
    ("a part of the presence", RULES, rules(("a", "<many/>", "allow")).replace(
        "</actions>", "</actions><transformations><pr:provide-mood>true</pr:provide-mood>"
        "</transformations>"), "constraint-failure"),
    ("somebody else's service", SERVICES, f'<rls-services xmlns="{NS[SERVICES]}"><service '
     'uri="sip:bob-x@example.test"><list/></service></rls-services>', "constraint-failure"),
]


@test("bad documents: each has its answer, and nothing changes", limit=60)
def bad_documents(world):
    s, alice = shared(world)
    before = lists(("Stays", {"sip:b@c.test": "B"}))
    expect(s.xcap.put(LISTS, alice, before), 201)
    for what, application, body, error in BAD:
        answer = s.xcap.put(application, alice, body)
        equal((what, answer.code, answer.error), (what, 409, error), f"{answer.body[:200]}")
        check("phrase=" in answer.text, what)
    equal(s.xcap.get(LISTS, alice).text, before, "the document")
    expect(s.xcap.get(RULES, alice), 404)


def ends(wire, piece):
    """Does the server close a connection that sends and sends?"""
    wire.settimeout(PATIENCE * 5)
    with contextlib.suppress(ConnectionError):
        for _ in range(1000):
            wire.sendall(piece)
        return False
    return True


@test("bad requests: paths, selectors, types, methods, sizes, halves", limit=60)
def bad_requests(world):
    s, alice = shared(world)
    x, mine = s.xcap, s.xcap.document(LISTS, alice)
    expect(x.put(LISTS, alice, lists(("A", {"sip:b@c.test": None}))), 201)
    for path in ("/", "/etc/passwd", "/xcap-root", "/xcap-root/", "/xcap-root/../../etc/passwd",
                 "/xcap-root/%2e%2e/%2e%2e/etc/passwd", f"/xcap-root/nonesuch/users/{alice.uri}/index",
                 f"/xcap-root/resource-lists/users/{alice.uri}/other",
                 f"/xcap-root/resource-lists/users/{alice.uri}/index/..",
                 "/xcap-root/resource-lists/global/index", "/xcap-root/xcap-caps/users/x/index",
                 "/xcap-root/resource-lists/users/nobody/index"):
        equal((path, x.ask("GET", path, alice).code), (path, 404), "out of the tree")
    for node in ("/x", "x/", "a[", "a[0]", "a[@b]", "a[@b=c]", "p:a", "a//b", "..", "%ff", "%zz",
                 "a?xmlns(p=)", "@a", "a%00"):
        equal((node, x.get(LISTS, alice, node).code), (node, 400), "selectors")
    expect(x.get(LISTS, alice, "/".join(["resource-lists"] + ["list"] * 40)), 404)
    expect(x.get(LISTS, alice, "resource-lists/list[1]/entry[2]"), 404)
    expect(x.ask("PUT", mine, alice, lists(), kind="text/xml"), 415)
    expect(x.ask("PUT", mine, alice, lists(), headers=["Content-Type:"]), 415)
    expect(x.put(LISTS, alice, "<entry/>", "resource-lists/list[1]/entry[2]", kind=LISTS), 415)
    for method in ("POST", "PATCH", "OPTIONS", "BREW"):
        answer = expect(x.ask(method, mine, alice), 405)
        check("PUT" in answer.get("Allow"), "what there is")
    expect(x.put(LISTS, alice, "x", "resource-lists/namespace::*", kind="el"), 405)
    node = "resource-lists/list[1]/"
    expect(x.put(LISTS, alice, "<a/><b/>", node + "entry[2]"), 409, "not-xml-frag")
    expect(x.put(LISTS, alice, "&", node + "@name"), 409, "not-xml-att-value")
    answer = expect(x.put(LISTS, alice, "<entry/>", "resource-lists/list[7]/entry[1]"), 409,
                    "no-parent")
    check(f"<ancestor>/xcap-root/{mine}/~~/resource-lists</ancestor>" in answer.text, answer.text)
    expect(x.put(LISTS, alice, '<entry uri="sip:x@y"/>', node + "entry[5]"), 409, "cannot-insert")
    expect(x.delete(LISTS, alice, node + "entry[4]"), 404)
    # ten megabytes, announced and not
    huge = b"<a>" + b"x" * 10_000_000
    expect(x.put(LISTS, alice, huge, headers=["Expect: 100-continue"]), 413)
    expect(x.put(LISTS, alice, huge[:400_000], headers=["Transfer-Encoding: chunked"]), 413)
    expect(x.ask("GET", mine + "?" + "x" * 40_000, alice), 414)
    with socket.create_connection(("127.0.0.1", x.port)) as endless:
        endless.sendall(b"PUT /xcap-root/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        check(ends(endless, b"10000\r\n" + b"x" * 0x10000 + b"\r\n"), "a body without end")
    # one that stops in the middle holds nobody up
    with socket.create_connection(("127.0.0.1", x.port)) as half:
        half.sendall(b"PUT /xcap-root/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<half")
        soon(lambda: expect(x.get(LISTS, alice), 200), 2, "others wait for it")


@test("by https, with the certificate that SIP has", limit=60)
def by_tls(world):
    xcap = Xcap(tls=True)
    server, (alice, *_) = world.own_server("home-lcs", options=xcap.words)
    trust = ["--cacert", server.ca, "--resolve", f"sip.{alice.domain}:{xcap.port}:127.0.0.1"]
    expect(xcap.put(LISTS, alice, lists(("A", {})), words=trust), 201)
    expect(xcap.get(LISTS, alice, words=trust), 200)
    expect(xcap.get(LISTS, alice, words=trust + ["--tlsv1.3"]), 200)
    try:
        xcap.get(LISTS, alice, words=trust + ["--tls-max", "1.1"])
    except Failed:
        return
    raise Failed("TLS 1.1 is spoken")


@test("one truth: what XCAP changes pidgin-sipe shows at once, and the other way round; kill -9",
      limit=120)
def one_truth(world):
    xcap = Xcap()
    server, (alice, bob, carol) = world.own_server("home-lcs", options=xcap.words)
    pidgin = world.sipe(alice, "tcp", server)
    pidgin.wait_signed_on()
    wait_until(lambda: "<contactList" in pidgin.trace(), 10, "the contact list")
    wait_until(lambda: "setPresence" in pidgin.trace(), 10, "its first presence")
    expect(xcap.put(LISTS, alice, lists(("Friends", {bob.uri: "Bobby"}))), 201)
    equal(pidgin.event("buddy", bob.uri)[1:], ["Friends", "Bobby"], "in pidgin")
    pidgin.command("add", carol.uri, "Work")
    wait_until(lambda: carol.uri in xcap.get(LISTS, alice).text, 10, "carol in the document")
    pidgin.command("alias", bob.uri, "Robert")
    wait_until(lambda: "Robert" in xcap.get(LISTS, alice).text, 10, "the new name")
    node = f'resource-lists/list[@name="Friends"]/entry[@uri="{bob.uri}"]'.replace('"', "%22")
    expect(xcap.delete(LISTS, alice, node), 200)
    pidgin.event("buddy-gone", bob.uri)
    expect(xcap.put(RULES, alice, rules(("x", f'<one id="{bob.uri}"/>', "block"),
                                        ("y", "<many><except id=\"%s\"/></many>" % bob.uri,
                                         "allow"))), 201)
    before = [xcap.get(LISTS, alice), xcap.get(RULES, alice)]
    pid, = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.server_pids() not in ([], [pid]) and
               server.try_ctl("status").returncode == 0, 15, "the server is there again")
    after = [xcap.get(LISTS, alice), xcap.get(RULES, alice)]
    equal([(a.code, a.text, a.get("ETag")) for a in after],
          [(200, b.text, b.get("ETag")) for b in before], "after kill -9")
    # clients count the numbers with us: she may change the list from there, too
    again = world.sipe(alice, "tls", server)
    again.wait_signed_on()
    wait_until(lambda: "setPresence" in again.trace(), 10, "its first presence")
    again.command("add", bob.uri, "Back")
    wait_until(lambda: "Back" in xcap.get(LISTS, alice).text, 20, "changed by pidgin again")


def service(uri, inside):
    return (f'<rls-services xmlns="{NS[SERVICES]}" xmlns:rl="{NS[LISTS]}"><service uri="{uri}">'
            f'{inside}<packages><package>presence</package></packages></service></rls-services>')


def subscribe(agent, uri):
    return agent.ask("SUBSCRIBE", uri, [
        ("Event", "presence"), ("Expires", "600"), ("Supported", "eventlist"),
        ("Accept", "multipart/related, application/rlmi+xml, application/pidf+xml")])


def refresh(agent, reply):
    """The subscription goes on: what is there now."""
    return agent.ask("SUBSCRIBE", sip.address(reply.get("Contact")), [
        ("Event", "presence"), ("Expires", "600"), ("Supported", "eventlist")],
        call_id=reply.get("Call-ID"), sequence=reply.request.cseq()[0] + 1,
        replace={"From": reply.get("From"), "To": reply.get("To")})


def told(agent, *uris):
    """A notice that names these resources and no others."""
    notice = agent.peer.expect(lambda m: m.method == "NOTIFY" and all(
        f'<resource uri="{u}">' in m.body.decode() for u in uris), 10, f"a notice of {uris}")
    agent.answer(notice, 200, "OK")
    equal(sorted(re.findall('<resource uri="([^"]*)"', notice.body.decode())), sorted(uris), "who")


def told_at_last(agent, *uris):
    """The same after a refresh: who is new may be told of before all are, while it is stored."""
    named = None
    while named != sorted(uris):
        notice = agent.peer.expect(lambda m: m.method == "NOTIFY", 10, f"a notice of {uris}")
        agent.answer(notice, 200, "OK")
        named = sorted(re.findall('<resource uri="([^"]*)"', notice.body.decode()))


def renamed(server, user, name):
    """Who has been user is name now."""
    new = User(name, "another-1", user.domain)
    server.ctl("users", "rename", user.aor, new.aor, "--password-stdin", input="another-1\n")
    return new


@test("services: alice-NAME stands for one of her groups, or for users she names; only for her",
      limit=60)
def services(world):
    xcap = Xcap()
    server, (alice, bob, carol) = world.own_server("home-lcs", options=xcap.words)
    group, named = f"sip:{alice.name}-work@{alice.domain}", f"sip:{alice.name}-two@{alice.domain}"
    expect(xcap.put(LISTS, alice, lists(("Work", {bob.uri: None}), ("Else", {carol.uri: None}))), 201)
    reference = (f"{xcap.root}/resource-lists/users/{alice.uri}/index/~~/resource-lists/"
                 "list%5b@name=%22Work%22%5d")
    text = service(group, f"<resource-list>{reference}</resource-list>")
    expect(xcap.put(SERVICES, alice, text), 201)
    equal(expect(xcap.get(SERVICES, alice), 200).text, text, "as it was written")
    other = f'<service uri="{named}"><list><rl:entry uri="{carol.uri}"/></list></service>'
    expect(xcap.put(SERVICES, alice, other,
                    f"rls-services/service%5b@uri=%22{named}%22%5d"), 201)
    watcher = world.agent(alice, "tcp", server).signed_in()
    equal(subscribe(watcher, group).code, 200, "her service")
    told(watcher, bob.uri)
    expect(xcap.put(LISTS, alice, f'<entry uri="{carol.uri}"/>',
                    f"resource-lists/list%5b1%5d/entry%5b@uri=%22{carol.uri}%22%5d"), 201)
    told(watcher, carol.uri)                    # what has changed, at once
    pid, = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.server_pids() not in ([], [pid]) and
               server.try_ctl("status").returncode == 0, 15, "the server is there again")
    watcher = world.agent(alice, "tcp", server).signed_in()
    begun = subscribe(watcher, named)
    equal(begun.code, 200, "the other one, after kill -9")
    told(watcher, carol.uri)
    more = other.replace("<list>", f'<list><rl:entry uri="{bob.uri}"/>')
    for text, who in ((more, (bob.uri, carol.uri)), (other, (carol.uri,))):
        expect(xcap.put(SERVICES, alice, text,
                        f"rls-services/service%5b@uri=%22{named}%22%5d"), 200)
        begun = refresh(watcher, begun)         # what is written counts from the next one on
        equal(begun.code, 200, "a refresh")
        told_at_last(watcher, *who)
    new = renamed(server, carol, "caroline")
    told(watcher, new.uri)
    stranger = world.agent(bob, "tcp", server).signed_in()
    for uri in (group, named, f"sip:{alice.name}-none@{alice.domain}"):
        equal(subscribe(stranger, uri).code, 404, "somebody else's, or none")
    for inside, error in (
            ("<resource-list>http://elsewhere/x</resource-list>", "constraint-failure"),
            (f"<resource-list>{reference.replace(alice.name, bob.name)}</resource-list>",
             "constraint-failure"),
            ("<list><rl:list/></list>", "constraint-failure"),
            ("<list/><list/>", "schema-validation-error"), ("", "schema-validation-error")):
        expect(xcap.put(SERVICES, alice, service(group, inside)), 409, error)
    for uri in (alice.uri, bob.uri, f"sip:{bob.name}-x@{bob.domain}", "tel:+1", f"{alice.uri}-"):
        expect(xcap.put(SERVICES, alice, service(uri, "<list/>")), 409, "constraint-failure")
    her = renamed(server, alice, "alicia")
    text = expect(xcap.get(SERVICES, her), 200).text
    check(f'"sip:alicia-work@{her.domain}"' in text and f"users/{her.uri}/index" in text and
          alice.name not in text.replace(her.name, "") and carol.uri not in text, text)
    watcher = world.agent(her, "tcp", server).signed_in()
    equal(subscribe(watcher, f"sip:alicia-two@{her.domain}").code, 200, "under her new name")
    told(watcher, new.uri)
    expect(xcap.delete(SERVICES, her), 200)
    expect(xcap.get(SERVICES, her), 404)
