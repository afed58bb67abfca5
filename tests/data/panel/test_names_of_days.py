"""Are days and months named by one list, in the forms that frequencies, calendars and texts need?"""

import calendar

from gatecast.data.panel import frequency, grid


def test_names_are_those_of_the_calendar() -> None:
    assert tuple(calendar.day_name) == grid.DAY_NAMES
    assert tuple(calendar.month_name)[1:] == grid.MONTH_NAMES
    assert tuple(calendar.day_abbr) == grid.WEEKDAYS
    assert tuple(calendar.month_abbr)[1:] == grid.MONTHS
    assert tuple(name.upper() for name in grid.WEEKDAYS) == frequency.WEEKDAYS
    assert tuple(name.upper() for name in grid.MONTHS) == frequency.MONTHS
