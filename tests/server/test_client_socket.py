"""How long a client is waited for: by what it takes or sends, not by how often it does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sessionhistory.client_socket import WINDOW_BYTES, ClientSocket

PATIENCE = 0.5


@pytest.fixture
def pair() -> Iterator[tuple[ClientSocket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        with ClientSocket(listener.accept()[0], lambda: PATIENCE) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            yield server, client


def read(client: socket.socket, size: int, done: threading.Event, pause: float) -> None:
    try:
        while not done.wait(pause) and client.recv(size):
            pass
    except OSError:
        pass


@pytest.mark.parametrize(("size", "is_cut"), [(1 << 20, False), (16, True)])
def test_a_reader_has_to_take_a_window_in_time(
    pair: tuple[ClientSocket, socket.socket], size: int, is_cut: bool
) -> None:
    server, client = pair
    done = threading.Event()
    reader = threading.Thread(target=read, args=[client, size, done, 0.001 if is_cut else 0])
    reader.start()
    if is_cut:
        with pytest.raises(TimeoutError):
            server.sendall(b"x" * 4 * WINDOW_BYTES)
        assert server.fileno() == -1
    else:
        server.sendall(b"x" * 4 * WINDOW_BYTES)
    done.set()
    # Closing alone would leave a reader waiting that has just begun to.
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
    reader.join()


def test_a_sender_has_to_send_in_time_and_can_be_told(pair: tuple[ClientSocket, socket.socket]) -> None:
    server, client = pair
    client.sendall(b"GET / ")
    assert server.recv(100) == b"GET / "
    with pytest.raises(TimeoutError):
        server.recv(100)
    server.sendall(b"too late")
    assert client.recv(100) == b"too late"
    assert server.head == b"GET / "


def test_another_request_has_time_of_its_own(pair: tuple[ClientSocket, socket.socket]) -> None:
    server, client = pair
    for _ in range(3):
        sender = threading.Timer(PATIENCE * 0.6, client.sendall, [b"x"])
        sender.start()
        server.begin(lambda: PATIENCE)
        assert server.recv(1) == b"x"
        sender.join()


def test_who_sets_a_timeout_has_that(pair: tuple[ClientSocket, socket.socket]) -> None:
    server, _ = pair
    server.settimeout(0.01)
    with pytest.raises(TimeoutError) as raised:
        server.recv(1)
    assert raised.value.errno is None
