"""What the tests under load share."""
from .agent import Agent
from .peer import Peer
from .ports import free_port


def answering(server, user):
    """Register `user` at a port of ours, which a sipp that answers its calls then takes."""
    port = free_port()
    peer = Peer("udp", server.at("udp"), bind=("127.0.0.1", port))
    Agent(peer, user).signed_in()
    peer.close()
    return port
