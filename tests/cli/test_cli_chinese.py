"""Does the command line speak Chinese where it is asked to: help, tables, sentences, errors, and never JSON?"""

import json
import re

import pytest
from typer.main import get_command

from gatecast.cli.app import app
from gatecast.cli.language import VARIABLES, language, language_of
from gatecast.texts import display_width, help_texts

from .commands import QUICK, write_csv, write_shops

COMMANDS = {"gatecast": get_command(app), **get_command(app).commands}
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")


@pytest.fixture
def sales(tmp_path):
    return write_csv(tmp_path / "sales.csv", header="日期,销量")


def is_chinese(text):
    """Tell whether nothing but names, commands to paste and options is English."""
    plain = "\n".join(line for line in text.splitlines() if "gatecast " not in line and "--" not in line)
    return bool(re.search("[一-鿿]", plain)) and not ENGLISH.search(plain)


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh"}, "zh"),
        ([], {"LANG": "C.UTF-8"}, "en"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
        ([], {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ([], {"LC_MESSAGES": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        (["--lang", "zh", "doctor"], {}, "zh"),
        (["doctor", "--lang=zh"], {"LANG": "en_US.UTF-8"}, "zh"),
        (["doctor", "--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["--lang", "zh", "doctor", "--lang", "en"], {}, "en"),
        # what is missing is said by the parser of options
        (["doctor", "--lang"], {"LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_language_is_that_of_the_option_or_of_the_locale(arguments, environment, expected):
    assert language_of(arguments, environment) == expected


def test_unknown_language(gatecast):
    outcome = gatecast("doctor", "--lang", "fr")
    assert outcome.code == 2
    assert outcome.err == "Error: `--lang` must be one of en, zh, got 'fr'. Use `--lang en`.\n"
    assert not outcome.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_command_has_a_chinese_help(name):
    texts = help_texts("zh")
    assert texts["command"][name]
    known = {**texts["option"], **texts["own"].get(name, {})}
    lacking = [p.name for p in COMMANDS[name].params if p.name not in known and p.help not in texts["words"]]
    assert lacking == []
    words = {p.rich_help_panel for p in COMMANDS[name].params} | {
        p.show_default for p in COMMANDS[name].params if isinstance(p.show_default, str)
    }
    # numbers need no words
    assert {text for text in words - {None} if re.search("[a-z]", text)} - set(texts["words"]) == set()


def test_no_chinese_help_is_left_over():
    texts = help_texts("zh")
    assert set(texts["command"]) == set(COMMANDS)
    assert set(texts["option"]) <= {p.name for command in COMMANDS.values() for p in command.params}
    for name, own in texts["own"].items():
        assert set(own) <= {p.name for p in COMMANDS[name].params}


def test_other_english_help_is_other_chinese_help():
    texts, found = help_texts("zh"), {}
    for name, command in COMMANDS.items():
        known = {**texts["option"], **texts["own"].get(name, {})}
        for parameter in command.params:
            found.setdefault((parameter.name, known.get(parameter.name)), set()).add(parameter.help)
    assert {key: helps for key, helps in found.items() if len(helps) > 1} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_chinese_help_is_whole_and_fits_80_columns(gatecast, name):
    outcome = gatecast(*([] if name == "gatecast" else [name]), "--help", "--lang", "zh")
    assert outcome.code == 0
    assert "…" not in outcome.out
    assert max(map(display_width, outcome.out.splitlines())) <= 80
    assert re.search(r"─ 选项 ─", outcome.out)
    assert not ENGLISH.search(re.sub(r"(?m)^ *(Usage:|gatecast).*$", "", outcome.out))
    # another call in English is in English again
    assert "Options" in gatecast(*([] if name == "gatecast" else [name]), "-h").out


def test_option_stands_before_or_behind_the_command(gatecast, sales):
    before, behind = gatecast("--lang", "zh", "inspect", sales), gatecast("inspect", sales, "--lang", "zh")
    assert before == behind
    assert before.out.startswith("sales.csv：gatecast 的理解\n文件  CSV、UTF-8、以逗号分隔")
    assert language() == "en"


@pytest.mark.parametrize("variable", VARIABLES)
def test_locale_decides(gatecast, sales, monkeypatch, variable):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "zh_CN.UTF-8")
    assert "gatecast 的理解" in gatecast("inspect", sales).out
    assert "what gatecast understood" in gatecast("inspect", sales, "--lang", "en").out


def test_forecast_and_predict_in_chinese(gatecast, sales):
    outcome = gatecast("forecast", sales, *QUICK, "--level", "80", "--save", "m.safetensors", "--lang", "zh")
    assert outcome.code == 0
    assert is_chinese(outcome.out)
    for said in ("在留出的 16 个点上的误差", "自动作出的选择及其理由", "销量：未来 4 步的预测", "模型已保存为"):
        assert said in outcome.out
    again = gatecast("predict", "m.safetensors", "--horizon", "6", "--lang", "zh")
    assert "注意：模型只学习了向前 4 步：第 5 到 6 步由之前的预测递推得出" in again.out
    assert is_chinese(again.out)
    assert is_chinese(gatecast("inspect", "m.safetensors", "--lang", "zh").out)
    assert is_chinese(gatecast("gates", "m.safetensors", sales, "--lang", "zh").out)
    assert is_chinese(gatecast("diagnose", "m.safetensors", sales, "--lang", "zh").out)


def test_comparison_in_chinese(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv")
    models = (
        "--models",
        "Naive",
        "--models",
        "SeasonalNaive",
        "--horizon",
        "7",
        "--n-windows",
        "2",
        "--id-col",
        "shop",
    )
    outcome = gatecast("compare", shops, "--target-col", "y", *models, "--lang", "zh")
    assert outcome.code == 0
    assert is_chinese(outcome.out)
    assert "2 个窗口（每个 7 步）的误差，最好的在前" in outcome.out
    backtest = gatecast("backtest", shops, "--target-col", "y", *models, "--lang", "zh")
    assert is_chinese(backtest.out)
    assert "80% 命中率" in backtest.out


def test_forecast_by_another_model_in_chinese(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv", header="unique_id,ds,y,price,region")
    outcome = gatecast("forecast", shops, "--horizon", "7", "--model", "Drift", "--plot", "p.png", "--lang", "zh")
    assert outcome.code == 0
    assert is_chinese(outcome.out)
    assert "p.png 只画出 3 个序列中的第一个：'a'。" in outcome.out


def test_json_is_the_same_in_every_language(gatecast, sales):
    for command in (("inspect", sales), ("forecast", sales, *QUICK, "--no-refit", "--level", "80")):
        found = [json.loads(gatecast(*command, "--json", "--lang", lang).out) for lang in ("en", "zh")]
        for each in found:
            each.pop("seconds", None)
        assert found[0] == found[1]


def test_errors_have_a_chinese_beginning(gatecast, sales):
    outcome = gatecast("forecast", sales, "--horizon", "4", "--max-seconds", "-1", "--lang", "zh")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("错误：")
    usage = gatecast("forecast", sales, "--lang", "zh")
    assert usage.code == 2
    assert usage.err == "错误：缺少选项 '--horizon' / '-n'。\n帮助见：gatecast forecast --help\n"


def test_findings_are_indented(gatecast, sales):
    outcome = gatecast("diagnose", sales, "--horizon", "1", "--lookback", "1", "--epochs", "1", "--lang", "zh")
    assert re.search(r"(?m)^(警告|提示|正常|严重)       [a-z-]+\n  .*[一-鿿]", outcome.out)


def test_chinese_paragraphs_fill_their_lines(gatecast, sales):
    outcome = gatecast("forecast", sales, *QUICK, "--lang", "zh")
    assert max(map(display_width, outcome.out.splitlines())) <= 80
    # no line begins with what ends a sentence
    assert not re.search(r"(?m)^\s*[，。；：、）]", outcome.out)


TABLES = {
    "days": ("date,y\n01/02/2024,1\n03/04/2024,2\n", "'date' 列按“日在前”和“月在前”都说得通"),
    "twice": ("date,y\n2024-01-01,1\n2024-01-01,2\n2024-01-02,3\n", "有 2 行的时间都是 2024-01-01（第 2 行、第 3 行）"),
    "no date": ("date,y\n2024-01-01,1\nhello,2\n2024-01-03,3\n", "'date' 列第 3 行是 'hello'，而这里应是日期"),
    "no number": ("date,y\n2024-01-01,a\n2024-01-02,b\n", "没有一列是数字"),
    "bad number": ("date,y\n2024-01-01,1\n2024-01-02,b\n2024-01-03,3\n", "'y' 列有 1 个值不是有限的数"),
    "two targets": ("date,u,v\n2024-01-01,1,2\n2024-01-02,2,3\n", "有几列都可能是目标（'u'、'v'）"),
    "irregular": ("date,y\n2024-01-01,1\n2024-01-02,2\n2024-01-05,3\n2024-02-17,4\n", "时间间隔不规则"),
    "unread": ("what,y\nno. 1 (2021),1\nno. 2 (2021),2\nno. 3 (2021),3\n", "'what' 列可能是时间，但写法无法识别"),
    "empty": ("", "是空的"),
    "header": ("date,y\n", "只有标题行"),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_that_cannot_be_read_are_refused_in_chinese(gatecast, tmp_path, case):
    text, said = TABLES[case]
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    outcome = gatecast("forecast", "t.csv", "--horizon", "2", "--lang", "zh")
    assert outcome.code == 2
    assert outcome.err.startswith("错误：")
    assert said in outcome.err
    assert not ENGLISH.search(outcome.err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("forecast", "no.csv", "--horizon", "4"), "文件 'no.csv' 不存在"),
        (("forecast", "sales.csv", "--horizon", "-4"), "`--horizon` 必须是正整数，得到的是 -4。请用 `--horizon 24`"),
        (("forecast", "sales.csv", "--horizon", "4", "--epochs", "0"), "`--epochs` 必须是正整数，得到的是 0"),
        (("forecast", "sales.csv", "--horizon", "4", "--loss", "mea"), "您要的是 `--loss mse` 吗？"),
        (("forecast", "sales.csv", "--horizon", "4", "--time-col", "day"), "`--time-col day` 不是表中的列"),
        (("forecast", "sales.csv", "--horizon", "4", "--test-size", "2.5"), "`--test-size` 必须是 0 到 1 之间的比例"),
        (("forecast", "sales.csv", "--horizon", "4", "--out", "sales.csv"), "就是数据文件本身，会被覆盖"),
        (("forecast", "sales.csv", "--horizon", "4", "--out", "a.txt"), "必须以 .csv、.parquet 或 .pq 结尾"),
        (("forecast", "sales.csv", "--horizon", "4", "--horizon", "5"), "`--horizon` 写了 2 次，而只应写一次"),
        (("forecast", "sales.csv", "--horizon", "4", "--model", "Drift", "--save", "m"), "：它不是 LSTM，而"),
        (("forecast", "sales.csv", "--horizon", "4", "--model", "best", "--save", "m"), "：它可能选用 LSTM 以外的"),
        (("forecast", "sales.csv", "--horizon", "4", "--model", "Drift", "--calendar"), "该模型只从目标学习"),
        (("predict", "sales.csv"), "`sales.csv` 是表，而第一个参数应是模型"),
        (("gates", "m.safetensors"), "其中不含数据，而这里还需要一个可读取的序列"),
    ],
)
def test_wrong_calls_are_refused_in_chinese(gatecast, sales, arguments, said):
    outcome = gatecast(*arguments, "--lang", "zh")
    assert outcome.code == 2
    assert outcome.err.startswith("错误：")
    assert said in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said", "help_of"),
    [
        (("forecast",), "缺少参数 'DATA'。", "forecast"),
        (("forecast", "sales.csv", "--horizon", "abc"), "'--horizon' / '-n' 的值无效：应是整数。", "forecast"),
        (("forecast", "sales.csv", "--horizon", "4", "--max-seconds", "x"), "的值无效：应是数。", "forecast"),
        (("forecast", "sales.csv", "--horzon", "4"), "没有选项 --horzon。您要的是 --horizon 吗？", "forecast"),
        (("forecast", "sales.csv", "more.csv", "--horizon", "4"), "多出了参数 more.csv。", "forecast"),
        (("forecast", "sales.csv", "--horizon"), "选项 '--horizon' 后面要有值。", "forecast"),
        (("forecast", "sales.csv", "--json=3"), "选项 '--json' 后面不能有值。", ""),
        (("forcast", "sales.csv"), "没有命令 'forcast'。您要的是 'forecast' 吗？", ""),
        (("xyzzy",), "没有命令 'xyzzy'。", ""),
        (("--foo",), "没有选项 --foo。", ""),
    ],
)
def test_wrong_options_are_refused_in_chinese(gatecast, monkeypatch, arguments, said, help_of):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    outcome = gatecast(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    first, second = outcome.err.splitlines()
    assert first.startswith("错误：")
    assert first.endswith(said)
    assert second in ("帮助见：gatecast --help", f"帮助见：gatecast {help_of} --help")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("forecast --seed -1", "`--seed` 必须是 0 到 2**63 - 1 之间的整数，得到的是 -1。请用 `--seed 0`。"),
        ("forecast --attention", "因此需要 `--mode windows`，得到的是 'sequence'。请同时使用 `--mode windows`。"),
        ("forecast --pretrained only --hidden-size 8", "而预训练的网络（只读取目标）没有这项设置。"),
        ("forecast --level 0.8", "得到的是 0.8。您要的是 `--level 80` 吗？"),
        ("forecast --encoding qqqq", "`--encoding` 必须是 Python 认识的文本编码，得到的是 'qqqq'。"),
        ("forecast --timezone Mars", "`--timezone` 必须是时区的名称，得到的是 'Mars'。"),
        ("forecast --freq W", "请去掉 `--freq`，'D' 是合适的，或对表重新采样。"),
        ("forecast --freq week(foo)", "`--freq 'week(foo)'` 不是日历的写法"),
        ("forecast --country US-XX", "而应是 57 个之一：AK"),
        ("forecast --target-col 销量 --past 销量", "'销量' 列是目标，又被当作协变量"),
        ("compare --models Foo", "没有名为 'Foo' 的模型"),
        ("backtest --models Naive --n-jobs 0", "`--n-jobs` 必须是不为 0 的整数，得到的是 0。"),
        ("backtest --models Naive --folder sales.csv", "`--folder` 所指的 sales.csv 是文件"),
        ("tune --space lookback=9:2", "且下限小于上限：两端也会尝试。"),
        ("tune --space dropout=0.1,7", "无法尝试：`--dropout` 必须是不小于 0 且小于 1 的数，得到的是 7。"),
        ("tune --study no.csv/x.db", "而这里应是已有文件夹中的文件。"),
    ],
)
def test_wrong_values_are_refused_in_chinese(gatecast, sales, command, said):
    name, *options = command.split()
    outcome = gatecast(name, sales, "--horizon", "4", *options, "--lang", "zh")
    assert outcome.code == 2
    assert said in outcome.err
    assert not ENGLISH.search(outcome.err)


DAMAGED = {
    "t.json": (b'{"a": [1,2', "不是 JSON 格式的表（第 1 行第 11 列处缺少分隔符 ','）"),
    "t.parquet": (b"PAR1" + b"0" * 100, "'t.parquet' 已损坏，或不是 Parquet 文件。"),
    "t.csv.gz": (b"\x1f\x8b" + b"0" * 100, "'t.csv.gz' 已损坏，或不是 gzip 文件。"),
    "t.csv": (b"PK\x03\x04" + b"0" * 100, "'t.csv' 是 zip 压缩包，而这里应是表。"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_in_chinese(gatecast, tmp_path, name):
    content, said = DAMAGED[name]
    (tmp_path / name).write_bytes(content)
    outcome = gatecast("inspect", name, "--lang", "zh")
    assert outcome.code == 2
    assert said in outcome.err
    assert not ENGLISH.search(outcome.err)


def test_models_that_are_none_are_refused_in_chinese(gatecast, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b'\x10\0\0\0\0\0\0\0{"a":1')
    outcome = gatecast("predict", "m.safetensors", "--lang", "zh")
    assert outcome.err.startswith("错误：m.safetensors 不是完整的 safetensors 文件（文件头有误：")
    assert not ENGLISH.search(outcome.err)


@pytest.mark.filterwarnings("default::UserWarning")
def test_warnings_are_chinese(gatecast, tmp_path):
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    known = "".join(f"{day},{n % 7},{'ab'[n % 2]},1\n" for n, day in enumerate(days))
    (tmp_path / "t.csv").write_text(f"date,y,kind,flat\n{known}", encoding="utf-8")
    newer = known.replace("2024-01", "2024-02").replace(",b,1", ",c,2")
    (tmp_path / "newer.csv").write_text(f"date,y,kind,flat\n{newer}", encoding="utf-8")
    fit = ("--past", "kind", "--past", "flat", "--test-size", "0", "--epochs", "1", "--hidden-size", "4")
    assert gatecast("forecast", "t.csv", "--target-col", "y", "--horizon", "2", *fit, "--save", "m").code == 0
    outcome = gatecast("predict", "m", "newer.csv", "--lang", "zh")
    assert "注意：'kind' 列出现了 'c'，而模型没有学习过它（只见过 'a', 'b'）：按缺失处理。" in outcome.err
    assert "注意：'flat' 列在模型学习的数据中从未变化，现在是 2：" in outcome.err
    assert not ENGLISH.search(outcome.err)


def test_layouts_of_times_are_said_in_chinese(gatecast, tmp_path):
    rows = "".join(f"{year}-Q{quarter},{quarter}\n" for year in range(2000, 2010) for quarter in range(1, 5))
    (tmp_path / "t.csv").write_text(f"time,y\n{rows}", encoding="utf-8")
    assert "年与季度" in gatecast("inspect", "t.csv", "--lang", "zh").out


def test_what_was_left_out_of_a_file_is_said_in_chinese(gatecast, tmp_path):
    rows = "".join(f"2024-01-{day:02d},{day if day != 3 else 'n/a'}\n" for day in range(1, 29))
    (tmp_path / "t.csv").write_text(f"Sales of the shop\n\ndate,y\n{rows}", encoding="utf-8")
    outcome = gatecast("inspect", "t.csv", "--lang", "zh")
    assert "已略去：第 1 至 2 行。y 中作为缺失处理的内容：'n/a'（1 次）。" in outcome.out.replace("\n", "").replace(
        " ", " "
    )


def test_series_without_values_are_named_in_chinese(gatecast, tmp_path):
    rows = "".join(f"a,2024-01-{day:02d},{day}\nb,2024-01-{day:02d},\n" for day in range(1, 9))
    (tmp_path / "t.csv").write_text(f"shop,date,y\n{rows}", encoding="utf-8")
    assert "2 个序列中有 1 个没有任何 'y' 的值，已略去：'b'。" in gatecast("inspect", "t.csv", "--lang", "zh").out
