"""Where do results go? Paths are checked before any work, and files are replaced only by complete ones."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gatecast._files import write_atomically
from gatecast.exceptions import ConfigError, GatecastError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["check_outputs", "make_folder", "rows_of", "write", "write_picture", "write_table"]

TABLES = (".csv", ".parquet", ".pq")
PICTURES = (".png", ".svg", ".pdf", ".jpg", ".webp")
KINDS = {"--out": TABLES, "--plot": PICTURES}


def check_outputs(
    inputs: Mapping[str, Path | None],
    outputs: Mapping[str, Path | None],
    kinds: dict[str, tuple[str, ...]] | None = None,
) -> None:
    """Make sure that every output can be written and that none replaces an input or another output.

    Args:
        inputs: Files that are read, by what they are called in messages; None where there is none.
        outputs: Files that will be written, by option; None for those that were not asked for.
        kinds: Endings that a file may have, by option; tables for `--out` and pictures for `--plot` when absent.

    Raises:
        ConfigError: One cannot, or does; nothing was changed.
        GatecastError: A library that is needed for one is not installed.
    """
    wanted = {option: path for option, path in outputs.items() if path is not None}
    seen: dict[Path, str] = {}
    for option, path in wanted.items():
        for what, source in inputs.items():
            if source is not None and _is_same(path, source):
                raise ConfigError(
                    f"`{option} {path}` is {what} itself, which would be lost, and another file was expected. "
                    "Pass another name."
                )
        other = seen.setdefault(path.resolve(), option)
        if other != option:
            raise ConfigError(f"`{other}` and `{option}` are both {path}, and two files were expected. Pass two names.")
        _check_kind(option, path, kinds or KINDS)
        _check_writable(option, path)


def make_folder(option: str, folder: Path) -> None:
    """Make a folder where there is none, and make sure that files can be written into it.

    Raises:
        ConfigError: They cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ConfigError(
            f"`{option} {folder}` is no folder but a file, or lies below one, and a folder was expected. "
            "Pass another name."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"`{option} {folder}` cannot be made ({_reason(error)}). Pass a folder you may write to."
        ) from None
    _check_writable(option, folder / "picture.png")


def write(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        GatecastError: It cannot be written; an older file is then untouched.
    """
    try:
        # a link stays a link: the file it leads to is replaced
        write_atomically(path.resolve(), content)
    except OSError as error:
        room = "Make room" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "Pass another path"
        raise GatecastError(
            f"{path} cannot be written ({_reason(error)}), and an older file there is as it was. {room} and try again."
        ) from None


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a forecast as CSV (UTF-8) or Parquet.

    Raises:
        GatecastError: It cannot be written; an older file is then untouched.
    """
    if path.suffix.lower() == ".csv":
        content = frame.to_csv(index=False).encode("utf-8")
    else:
        stream = io.BytesIO()
        frame.to_parquet(stream, index=False)
        content = stream.getvalue()
    write(path, content)


def write_picture(figure: Figure, path: Path, dpi: int = 150) -> str:
    """Draw a picture into a file, whose ending says which kind it is.

    Returns:
        A remark about letters that could not be drawn; "" if all could be.

    Raises:
        GatecastError: It cannot be written; an older file is then untouched.
    """
    from gatecast.charts import render

    content, missing = render(figure, path.suffix.lower().removeprefix("."), dpi)
    write(path, content)
    if not missing:
        return ""
    return (
        f"{path} has boxes in place of {missing[:10]!r}, because no font with these letters is installed "
        "(for Chinese on Debian or Ubuntu: 'apt install fonts-noto-cjk')."
    )


def _is_same(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except OSError:
        return path.resolve() == source.resolve()


def _check_kind(option: str, path: Path, kinds: dict[str, tuple[str, ...]]) -> None:
    known = kinds.get(option)
    suffix = path.suffix.lower()
    if known is not None and suffix not in known:
        raise ConfigError(
            f"`{option} {path}` must end in {', '.join(known[:-1])} or {known[-1]}. "
            f"Use `{option} {path.with_suffix(known[0]) if path.name else 'forecast' + known[0]}`."
        )
    if option == "--plot":
        from gatecast.charts.matplotlib_backend import check_matplotlib

        check_matplotlib()
    if known == TABLES and suffix != ".csv":
        _check_parquet()


def _check_parquet() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise GatecastError(
            "Parquet files are written with pyarrow, which is not installed. Run `pip install 'gatecast[parquet]'`, or "
            "write a .csv file."
        ) from None


def _check_writable(option: str, path: Path) -> None:
    if path.is_dir():
        raise ConfigError(f"`{option} {path}` is a folder, and a file was expected. Pass the name of a file inside it.")
    if path.exists() and not path.is_file():
        raise ConfigError(f"`{option} {path}` is a device, and a file was expected. Pass the name of a file.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise ConfigError(
            f"`{option} {path}` lies in {str(folder)!r}, which is no folder, and one that exists was expected. "
            f"Make it first: mkdir -p {str(folder)!r}."
        )
    try:
        # the only sure way to know: permissions say little to root, on network drives and on read-only disks
        descriptor, probe = tempfile.mkstemp(prefix=".gatecast.", dir=folder)
        os.close(descriptor)
        os.unlink(probe)
    except OSError as error:
        raise ConfigError(
            f"`{option} {path}` cannot be written ({_reason(error)}). Pass a file in a folder you may write to."
        ) from None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def rows_of(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a table for JSON; times as ISO texts."""
    import pandas as pd

    texts = {
        str(name): [time.isoformat() for time in column]
        for name, column in frame.items()
        if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M"
    }
    return [{str(name): cell for name, cell in row.items()} for row in frame.assign(**texts).to_dict(orient="records")]
