"""How is gatecast used from a terminal? `main` is the command; everything else loads when a command runs."""

__all__ = ["main"]


def main() -> None:
    """Run the command `gatecast` with the arguments of this process and end the process."""
    import sys

    try:
        from gatecast.cli.app import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
