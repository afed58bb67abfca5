"""Are options of commands what the settings of Python are, by name, default and help?"""

import os
import subprocess
import sys

import pytest
from typer.main import get_command

from gatecast.cli.app import app
from gatecast.cli.commands import COMMANDS, OF_FITS, ForecastOptions
from gatecast.cli.options import HELP, flag_of, option_names
from gatecast.model.settings import SETTINGS

PARAMETERS = {name: {p.name: p for p in command.params} for name, command in get_command(app).commands.items()}


@pytest.mark.parametrize("name", OF_FITS)
def test_setting_is_an_option_of_its_own_name_and_default(name):
    option, setting = PARAMETERS["forecast"][name], SETTINGS[name]
    assert option.opts == [flag_of(name)]
    assert (tuple(option.default) if isinstance(option.default, list) else option.default) == (
        setting.default or () if setting.is_several else setting.default
    )
    assert HELP[name].replace("`", "") in option.help


def test_settings_without_an_option_are_these():
    # what is shown while it trains and how often a checkpoint is written follow from other options
    assert set(SETTINGS) - set(option_names(ForecastOptions)) == {"progress", "checkpoint_seconds"}


@pytest.mark.parametrize("options", COMMANDS, ids=lambda options: options.__name__)
def test_options_are_called_as_arguments_are(options):
    parameters = PARAMETERS[options.__name__.removesuffix("Options").lower()]
    for name in option_names(options):
        assert parameters[name].opts[0] == flag_of(name)


def test_shell_completes_commands():
    environment = {
        **os.environ,
        "_GATECAST_COMPLETE": "complete_bash",
        "COMP_WORDS": "gatecast fore",
        "COMP_CWORD": "1",
    }
    program = [sys.executable, "-c", "from gatecast.cli import main; main()"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["forecast"]


def test_shell_completes_names_that_a_setting_takes():
    words = "gatecast forecast x.csv --loss q"
    environment = {**os.environ, "_GATECAST_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4"}
    program = [sys.executable, "-c", "from gatecast.cli import main; main()"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["quantile"]
