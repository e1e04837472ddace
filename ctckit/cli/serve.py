"""`ctckit serve`: the text of images, over HTTP."""

import os
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ctckit.cli.listening import PACKAGES, require_port, token_for
from ctckit.cli.reader_options import ReaderOptions
from ctckit.cli.running import require_packages
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.run_folder import newest_run
from ctckit.serve.settings import Settings

if TYPE_CHECKING:
    from ctckit.serve.process import ModelProcess


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
    memory_mb: int = 2000
    """Most memory of the process that each model has, in millions of bytes, by Linux; 0 sets no
    limit. One that ends is started anew."""
    port: int = 8000
    """Port to listen on; 0 takes a free one."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        ReaderOptions.__post_init__(self)
        Settings.__post_init__(self)
        require_port(self.port)
        if self.memory_mb < 0:
            raise InputError(f"expected 0 or more, received {self.memory_mb}", argument="memory_mb")

    def run(self) -> None:
        """Do it."""
        require_packages(*PACKAGES, extra="serve")
        from ctckit.serve.app import make_app
        from ctckit.serve.models import named_files
        from ctckit.serve.server import listen, run

        settings = replace(
            self,
            token=token_for(self.host, self.token),
            allow_host=(*self.allow_host, self.host),
        )
        files = named_files(self.models or [str(newest_run().path)])
        with listen(self.host, self.port) as listening, ExitStack() as stack:
            models = {}
            for name, file in files.items():
                models[name] = stack.enter_context(closing(self._process(name, file)))
                LOGGER.info("%s  %s", name, file)
            run(make_app(models, settings), listening)

    def _process(self, name: str, file: Path) -> "ModelProcess":
        """Return a model in a process of its own, loaded."""
        from ctckit.serve.process import ModelProcess

        return ModelProcess(
            name,
            partial(self.open, file),
            num_threads=self.num_threads or os.cpu_count() or 1,
            max_pixels=self.max_pixels,
            memory_mb=self.memory_mb,
            time_limit_s=self.time_limit_s,
        )
