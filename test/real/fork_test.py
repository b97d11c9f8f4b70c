"""Two devices of one user: both ring, one answers, the other is cancelled."""
from lib import sip
from lib.sdp import PLAIN
from lib.tap import check, equal, test, wait_until

SDP = [("Content-Type", "application/sdp")]


@test("baresip and linphone of one user ring together; {} answers, the other is cancelled",
      each=("linphone", "baresip"), limit=40)
def two_clients(world, who):
    caller_user, user = world.users(2)
    caller = world.agent(caller_user, "tcp").signed_in()
    bare = world.baresip(user, "udp").wait_registered()
    lin = world.linphone(user, "tls").wait_registered()
    call = caller.invite(user.uri, PLAIN)
    bare.wait_incoming()
    lin.wait_incoming()
    winner, loser = (lin, bare) if who == "linphone" else (bare, lin)
    winner.accept()
    call.accepted()
    loser.wait_ended()
    wait_until(lambda: ("out", 487) in invite_codes(loser), 5, f"487 from {loser.user.name}")
    check(any(d == "in" and m.method == "CANCEL" for d, m in loser.trace()), "no CANCEL to the loser")
    check(not any(m.method in ("CANCEL", "BYE") for d, m in winner.trace()),
          "the winner got a CANCEL or BYE")
    call.bye()
    winner.wait_ended()
    equal(answers(caller, call), 1, "200 responses at the caller")


VIDEO = PLAIN + b"m=video 49172 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


@test("a call with video rings at linphone, which says it shows it, and not at baresip", limit=40)
def video_where_it_is_shown(world):
    server = world.server("home")
    caller_user, user = world.users(2, "home")
    caller = world.agent(caller_user, "tcp", server).signed_in()
    bare = world.baresip(user, "tcp", server).wait_registered()
    lin = world.linphone(user, "tls", server, features="audio;video").wait_registered()
    equal(sorted("video" in row["params"] for row in server.endpoints(user)), [False, True],
          "endpoints that declare video")
    call = caller.invite(user.uri, VIDEO)
    lin.wait_incoming()
    lin.accept()
    call.accepted()
    call.bye()
    lin.wait_ended()
    equal(invite_codes(bare), [], "baresip's part in the call with video")
    call = caller.invite(user.uri, PLAIN)       # without it both ring
    bare.wait_incoming()
    lin.wait_incoming()
    bare.accept()
    call.accepted()
    call.bye()


def invite_codes(client):
    return [(d, m.code) for d, m in client.trace() if m.code and m.method == "INVITE"]


def answers(caller, call):
    return len([m for m in caller.peer.history if m.code == 200 and m.method == "INVITE"
                and m.get("Call-ID") == call.call_id])


def devices(world, user, transports):
    return [world.agent(user, t).signed_in() for t in transports]


def ring_all(caller, user, agents):
    """A call that rings at every agent: the call and the INVITEs."""
    call = caller.invite(user.uri, PLAIN)
    invites = [a.peer.expect("INVITE") for a in agents]
    for agent, invite in zip(agents, invites):
        agent.answer(invite, 180, "Ringing")
    call.progress(180)
    return call, invites


def lose(agent, invite):
    """Play the device that did not answer: CANCEL comes, 200 and 487 go, ACK comes."""
    cancel = agent.peer.expect("CANCEL")
    equal(branch_of(cancel), branch_of(invite), "branch of CANCEL")
    equal(cancel.cseq()[0], invite.cseq()[0], "CSeq number of CANCEL")
    equal(cancel.uri, invite.uri, "Request-URI of CANCEL")
    agent.answer(cancel, 200, "OK")
    agent.answer(invite, 487, "Request Terminated")
    ack = agent.peer.expect("ACK")
    equal(branch_of(ack), branch_of(invite), "branch of the ACK for 487")


def branch_of(message):
    return sip.param("<>;" + message.get("Via").partition(";")[2], "branch")


@test("four devices over udp, tcp and tls: one 200 upstream, three correct CANCELs")
def four_devices(world):
    caller_user, user = world.users(2)
    caller = world.agent(caller_user, "udp").signed_in()
    agents = devices(world, user, ("udp", "tcp", "tls", "tcp"))
    call, invites = ring_all(caller, user, agents)
    equal(len({branch_of(i) for i in invites}), 4, "different branches")
    agents[1].answer(invites[1], 200, "OK", SDP, PLAIN)
    call.accepted()
    for i in (0, 2, 3):
        lose(agents[i], invites[i])
    agents[1].peer.expect("ACK")
    equal(answers(caller, call), 1, "200 responses at the caller")
    check(not agents[1].peer.has("CANCEL"), "the device that answered got a CANCEL")


@test("the caller cancels: every device is cancelled, the caller gets one 487")
def cancel_all(world):
    caller_user, user = world.users(2)
    caller = world.agent(caller_user, "tls").signed_in()
    agents = devices(world, user, ("udp", "tcp"))
    call, invites = ring_all(caller, user, agents)
    equal(call.cancel().code, 200, "response to CANCEL")
    for agent, invite in zip(agents, invites):
        lose(agent, invite)
    equal(call.final().code, 487, "final response to INVITE")
    equal(len([m for m in caller.peer.history if m.code and m.code >= 200
               and m.method == "INVITE" and m.code not in (401, 407)]), 1, "final responses")


@test("all devices refuse ({0} and {1}): the caller gets the best one, {2}",
      each=[(486, 480, (486, 480)), (404, 486, (404, 486)), (486, 603, (603,)), (503, 486, (486,))])
def best_response(world, first, second, expected):
    caller_user, user = world.users(2)
    caller = world.agent(caller_user, "tcp").signed_in()
    agents = devices(world, user, ("udp", "tcp"))
    call, invites = ring_all(caller, user, agents)
    for agent, invite, code in zip(agents, invites, (first, second)):
        agent.answer(invite, code, "No")
        agent.peer.expect("ACK")
        if code >= 600:
            break
    reply = call.final()
    check(reply.code in expected, f"the caller got {reply.start} (RFC 3261 16.7 step 6)")


@test("one device refuses, the other answers later: the caller is connected to that one")
def one_refuses(world):
    caller_user, user = world.users(2)
    caller = world.agent(caller_user, "udp").signed_in()
    agents = devices(world, user, ("tcp", "tls"))
    call, invites = ring_all(caller, user, agents)
    agents[0].answer(invites[0], 486, "Busy Here")
    agents[0].peer.expect("ACK")
    agents[1].answer(invites[1], 200, "OK", SDP, PLAIN)
    call.accepted()
    agents[1].peer.expect("ACK")
    check(not caller.peer.has(486), "the caller was told of the busy device")


@test("a device whose connection is gone does not keep the other from ringing")
def dead_device(world):
    caller_user, user = world.users(2)
    caller = world.agent(caller_user, "udp").signed_in()
    agents = devices(world, user, ("tcp", "tls"))
    agents[0].peer.close()
    call = caller.invite(user.uri, PLAIN)
    invite = agents[1].peer.expect("INVITE")
    agents[1].answer(invite, 200, "OK", SDP, PLAIN)
    call.accepted()


@test("MESSAGE to two devices reaches both, the sender gets one 200")
def message_forks(world):
    one, user = world.users(2)
    sender = world.agent(one, "tls").signed_in()
    agents = devices(world, user, ("udp", "tcp"))
    text = b"to all your devices"
    request = sender.begin("MESSAGE", user.uri, [("Content-Type", "text/plain")], text)
    for agent in agents:
        got = agent.peer.expect("MESSAGE")
        equal(got.body, text, "body")
        agent.answer(got, 200, "OK")
    equal(sender.final(request).code, 200, "response to MESSAGE")
