"""What the verbs that listen to others have in common: a port, and a token where it is needed."""

import os

from ctckit.errors import InputError

PACKAGES = ("fastapi", "fastapi_offline", "httptools", "prometheus_client", "python_multipart",
            "uvicorn")  # fmt: skip
TOKEN = "CTCKIT_TOKEN"  # the variable of the environment


def require_port(port: int) -> None:
    """Refuse what is no port.

    Raises:
        InputError: it is none.
    """
    if not 0 <= port < 2**16:
        raise InputError(f"expected 0 to 65535, received {port}", argument="port")


def token_for(host: str, token: str | None) -> str | None:
    """Return the secret that is asked for: the given one, or that of the environment.

    Raises:
        InputError: there is none, and others can reach `host`; or it cannot stand in a header.
    """
    from ctckit.serve.bearer import require_token
    from ctckit.serve.server import is_loopback

    token = os.environ.get(TOKEN) if token is None else token
    if token is not None:
        require_token(token)
    elif not is_loopback(host):
        raise InputError(
            f"expected a --token, or {TOKEN}, where others can reach this, received {host} "
            "without; give one, or leave --host out",
            argument="host",
        )
    return token
