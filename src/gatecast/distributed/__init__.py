"""How are the series of a cluster's table forecast? By Dask, Spark, Ray or Fugue, which gatecast does not depend on."""

from gatecast.distributed.run import fit, forecast

__all__ = ["fit", "forecast"]
