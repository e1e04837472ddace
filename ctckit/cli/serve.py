"""`ctckit serve`: the text of images, over HTTP."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from ctckit.cli.reader_options import ReaderOptions
from ctckit.cli.running import require_packages
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.run_folder import newest_run
from ctckit.serve.settings import Settings

PACKAGES = ("fastapi", "fastapi_offline", "httptools", "prometheus_client", "python_multipart",
            "uvicorn")  # fmt: skip
TOKEN = "CTCKIT_TOKEN"  # the variable of the environment


@dataclass(frozen=True)
class Serve(ReaderOptions, Settings):
    """Read images over HTTP: POST /read, KServe's protocol under /v2, a description at /docs.

    Only this machine can reach it, unless --host says otherwise, which asks for a --token. SIGTERM
    and Ctrl-C end it when every request that has arrived is answered.
    """

    model: Path | None = field(default=None, metadata={"flag": False})  # `models` has them
    models: tuple[str, ...] = field(default=(), metadata={"positional": True})
    """Models to read with: .onnx files, folders of runs, hf://owner/name, or base. NAME=FILE gives
    one a name, by which requests choose it (?model=NAME); else it is called as its file. The first
    reads where none is chosen; without any, the newest run in Models/."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 is every one of this machine, for others to reach."""
    port: int = 8000
    """Port to listen on; 0 takes a free one."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        ReaderOptions.__post_init__(self)
        Settings.__post_init__(self)
        require_port(self.port)

    def run(self) -> None:
        """Do it."""
        require_packages(*PACKAGES, extra="serve")
        from ctckit.serve.app import make_app
        from ctckit.serve.models import named_files
        from ctckit.serve.server import is_loopback, listen, run

        token = os.environ.get(TOKEN) if self.token is None else self.token
        settings = replace(self, token=token, allow_host=(*self.allow_host, self.host))
        if settings.token is None and not is_loopback(self.host):
            raise InputError(
                f"expected a --token, or {TOKEN}, where others can reach the server, received "
                f"{self.host} without; give one, or leave --host out",
                argument="host",
            )
        files = named_files(self.models or [str(newest_run().path)])
        readers = {name: self.open(file) for name, file in files.items()}
        app = make_app(readers, settings)
        with listen(self.host, self.port) as listening:
            for name, reader in readers.items():
                LOGGER.info("%s  %s", name, reader.model_path)
            run(app, listening)


def require_port(port: int) -> None:
    """Refuse what is no port.

    Raises:
        InputError: it is none.
    """
    if not 0 <= port < 2**16:
        raise InputError(f"expected 0 to 65535, received {port}", argument="port")
