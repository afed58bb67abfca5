"""What is forecast? One file for each kind of task, and the registry of them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from accuracy_tasks.rows import Options, Row

__all__ = ["REGISTRY", "Task"]


@dataclass(frozen=True)
class Task:
    """A question, and where its answer is computed: `module:object`, a function or something with `run`."""

    name: str
    question: str
    place: str

    def run(self, options: Options) -> list[Row]:
        """Measure; takes from seconds to many minutes."""
        module, _, name = self.place.partition(":")
        found = import_module(f"accuracy_tasks.{module}")
        measure: Callable[[Options], list[Row]] = getattr(found, name).run if name else found.run
        return measure(options)


REGISTRY = {
    task.name: task
    for task in (
        Task("m4_hourly", "How good is it on M4's hourly series, beside its winners?", "panels:m4_hourly"),
        Task("m4_weekly", "How good is it on M4's weekly series?", "panels:m4_weekly"),
        Task("tourism_monthly", "Does it beat the seasonal naive on monthly tourism?", "panels:tourism_monthly"),
        Task("tourism_quarterly", "Does it beat the seasonal naive on quarterly tourism?", "panels:tourism_quarterly"),
        Task("hospital", "How good is it on monthly counts?", "panels:hospital"),
        Task("nn5", "How good is it on cash machines, with days missing?", "panels:nn5"),
        Task("intermittent", "How good is it on counts with many zeros, beside Croston, TSB and ETS?", "intermittent"),
        Task("us_births", "How good is it on one long daily series?", "births"),
        Task("etth1", "How good is it by the protocol of the long-horizon papers?", "ett"),
        Task("vic_elec", "What are temperature and holidays worth?", "electricity"),
        Task("sine", "How near to the noise does it come on the tutorial's sine?", "sine"),
        Task("speed", "Does it stand 100,000 series?", "speed"),
        Task("pretrained", "How good are the pretrained networks on series that they never saw?", "pretrained"),
        Task("fine_tuned", "What does training on a set itself add to them?", "fine_tuned"),
        Task("classics", "How good are they on one series at a time, beside AutoETS and AutoTheta?", "classics"),
        Task("beside", "How good and how fast are others in the same run?", "beside"),
        Task("zero_shot_speed", "How long does a forecast without training take?", "zero_shot_speed"),
    )
}
