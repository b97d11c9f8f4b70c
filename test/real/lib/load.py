"""What the tests under load share."""
from .agent import Agent
from .peer import Peer
from .ports import free_port


def answering(server, user):
    """Register `user` at a port of ours, which a sipp that answers its calls then takes: for
    as long as the longest run lasts, since sipp does not register again."""
    port = free_port()
    peer = Peer("udp", server.at("udp"), bind=("127.0.0.1", port))
    Agent(peer, user).signed_in(expires=3600)
    peer.close()
    return port
