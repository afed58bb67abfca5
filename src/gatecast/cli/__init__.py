"""How is gatecast used from a terminal? `main` is the command; everything else loads when a command runs."""

__all__ = ["main"]


def main() -> None:
    """Run the command `gatecast` with the arguments of this process and end the process."""
    import sys

    from gatecast.cli.signals import ending_signals

    try:
        with ending_signals() as received:
            from gatecast.cli.app import run

            code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    # as shells say it
    sys.exit(128 + received[0] if received else code)
