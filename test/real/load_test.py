"""A little load from sipp: registrations and calls at a steady pace, none may fail."""
from lib.load import answering
from lib.tap import equal, test


@test("200 calls at 50 a second over {} to one user: none fails", each=("udp", "tcp"), limit=60)
def calls(world, transport):
    caller, callee = world.users(2)
    server = world.server()
    port = answering(server, callee)
    uas = world.sipp("answer", (), calls=200, port=port)
    world.sipp("call", [caller], transport, calls=200, rate=50,
               keys={"to": callee.name}).succeed(200, 40)
    uas.succeed(200)


@test("300 registrations at 200 a second over {}: none fails", each=("udp", "tcp", "tls"),
      limit=60)
def registrations(world, transport):
    users = world.users(3)
    world.sipp("register", users, transport, calls=300, rate=200).succeed(300, 40)
    for user in users:
        equal(len(world.server().endpoints(user)), 1, f"bindings of {user.name}")
