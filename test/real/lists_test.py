"""Lists of RFC 5367: linphone watches all of its friends by one subscription."""
from contacts_test import kill, ready
from lib.tap import check, equal, test


def lists_sent(phone):
    """The lists that it has begun to watch: the bodies' codings by Call-ID."""
    return {m.get("Call-ID"): m.get("Content-Encoding") for d, m in phone.trace()
            if d == "out" and m.method == "SUBSCRIBE" and m.uri.startswith("sip:rls@")}


@test("linphone over {} watches its friends by one list, also when the server was killed",
      each=("tcp", "tls"), limit=150)
def linphone(world, transport):
    server, (one, two, three, four, five) = world.own_server("home-lcs", users=5,
                                                             transports=("tcp", "tls"))
    bob = ready(world.sipe(two, "tcp", server))
    for user in (three, five):
        world.baresip(user, "tcp", server, more=";pubint=600").wait_registered()
    rls_uri = f"sip:rls@{server.domain}"
    phone = world.linphonec(one, transport, server, [two, three, four], rls_uri=rls_uri)
    for user, status in ((two, "Online"), (three, "Online"), (four, "Offline")):
        phone.wait_friend(user, status)
    for status, shown in (("busy", "Busy"), ("away", "Away"), ("available", "Online"),
                          ("invisible", "Offline")):
        bob.command("status", status, "counting")
        phone.wait_friend(two, shown)
    bob.command("status", "available")
    phone.wait_friend(two, "Online")
    equal(list(lists_sent(phone).values()), ["deflate"], "one list, and how it was packed")
    kill(server)
    phone.wait_registered_again(40)
    bob.close()
    bob = ready(world.sipe(two, "tcp", server))
    bob.command("status", "busy")
    phone.wait_friend(two, "Busy", 30)
    equal(len(lists_sent(phone)), 1, "lists")
    check("dialog may have been reseted" not in phone.log(), "the numbers of notices went back")
    phone.quit()
    again = world.linphonec(one, transport, server, [two, three, four, five], rls_uri=rls_uri)
    again.wait_friend(five, "Online")           # added to the list meanwhile
    again.wait_friend(two, "Busy")
    again.wait_friend(four, "Offline")
    equal(len(lists_sent(again)), 1, "lists")


@test("OPTIONS tells that lists may be brought (RFC 5367)", limit=30)
def told(world):
    user, = world.users(1, "home-lcs")
    agent = world.agent(user, "tcp", world.server("home-lcs"))
    supported = agent.ask("OPTIONS", f"sip:{user.domain}").get("Supported")
    check({"eventlist", "recipient-list-subscribe"} <= set(supported.split(", ")), supported)
