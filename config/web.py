"""python -m config.web: the web server, as the settings say."""

import errno
import socket

import uvicorn

from config.environment import Environment, read


class AddressInUse(SystemExit):
    """Another program listens where the web server is to listen; the message is one sentence."""


def check_address(environment: Environment) -> None:
    """Make sure that the web server can listen where the settings say.

    :raises AddressInUse: if another program listens there, or the machine has no such address.
    """
    host, port = environment.web_host, environment.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        # As the server does it: a port that was closed a moment ago is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise AddressInUse(_sentence(error, host, port)) from None


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program; choose another one with PORT=…, for instance PORT={port + 1}."
        )
    return f"The web server cannot listen on {host} port {port}: {error.strerror}."


def main() -> None:
    """Serve until told to stop."""
    environment = read()
    check_address(environment)
    (environment.data_dir / "static").mkdir(parents=True, exist_ok=True)
    uvicorn.run(
        "config.asgi:application",
        host=environment.web_host,
        port=environment.port,
        workers=environment.web_processes,
        log_level="warning",
        # It would hold the links by which people come in and come back.
        access_log=False,
        lifespan="off",
        # Longer than people think before they choose, and than proxies keep a connection that nobody uses.
        timeout_keep_alive=75,
        # So that open pages with event streams do not hold up a restart.
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
