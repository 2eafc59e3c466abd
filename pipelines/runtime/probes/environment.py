"""The environment: Python, who owns our package names, the disk, compiled kernels, the board's port."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from pipelines.runtime.errors import PortTaken
from pipelines.runtime.i18n import t
from pipelines.runtime.probes.finding import Finding, fail, ok, warn

PACKAGES = ("schemas", "connectors", "pipelines", "sinks")
DISTRIBUTION = "stocktwin"
_GIB = 1 << 30


def python() -> Finding:
    """3.11 or 3.12: what the engine has wheels for."""
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        return ok("python", found)
    return fail("python", found, t("doctor.python.cure"))


def names() -> Finding:
    """Nobody else may install the top-level names that are ours, and all four come from one place."""
    owners = metadata.packages_distributions()
    strangers = sorted(
        f"{name} ({owner})"
        for name in PACKAGES
        for owner in owners.get(name, [])
        if owner.lower() != DISTRIBUTION
    )
    if strangers:
        return fail("names", ", ".join(strangers), t("doctor.names.cure"))
    homes = {name: _home(name) for name in PACKAGES}
    if len(set(homes.values())) > 1:
        return fail(
            "names", ", ".join(f"{name}={home}" for name, home in homes.items()), t("doctor.names.cure")
        )
    return ok("names", ", ".join(PACKAGES))


def _home(name: str) -> str:
    spec = find_spec(name)
    return str(Path(spec.origin).resolve().parents[1]) if spec and spec.origin else "?"


def disk(folder: Path) -> Finding:
    """Free space where the data directory is or would be."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = t("doctor.disk.found", free=f"{free / _GIB:.1f}", place=place)
    if free < _GIB // 5:
        return fail("disk", found, t("doctor.disk.cure"))
    return ok("disk", found) if free >= 5 * _GIB else warn("disk", found, t("doctor.disk.cure"))


def kernels() -> Finding:
    """Compiled kernels in Numba's cache, without which the first batch waits for the compiler."""
    spec = find_spec("pipelines")
    home = Path(spec.origin).parent if spec and spec.origin else Path()
    cached = any(home.glob("*/__pycache__/*.nbi"))
    if not cached:
        elsewhere = os.environ.get("NUMBA_CACHE_DIR", "")
        cached = bool(elsewhere) and any(Path(elsewhere).glob("**/*.nbi"))
    if cached:
        return ok("kernels", t("doctor.kernels.yes"))
    return warn("kernels", t("doctor.kernels.no"), t("doctor.kernels.cure"))


def port(number: int, host: str = "127.0.0.1") -> Finding:
    """Is the board's port free."""
    try:
        require_port(host, number)
    except PortTaken as error:
        return warn("port", f"{error.place}: {error.what}", error.cure)
    except OSError as error:
        return warn("port", f"{host}:{number}: {error.strerror}", t("error.port.cure", port=8642))
    return ok("port", f"{host}:{number}")


def require_port(host: str, number: int) -> None:
    """Raise PortTaken when nothing can listen there; OSError for an address that is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(host, number) from None
            raise OSError(error.errno, error.strerror, f"{host}:{number}") from None
