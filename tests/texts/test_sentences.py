"""Has every English sentence that a user of the command line may meet a Chinese counterpart?"""

import ast
import functools
import re
import string
import tomllib
from pathlib import Path

import msgspec
import pytest

import gatecast
from gatecast.exceptions import DataError
from gatecast.serving.problems import unfit
from gatecast.serving.schemas import ForecastRequest
from gatecast.texts import catalogue, help_texts
from gatecast.texts.message import Message, reason
from gatecast.texts.sentences import parts_of, sentences, translated

ROOT = Path(gatecast.__file__).parent
# three words in a row, or a text that ends as a sentence does
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,},? [a-z]+|[A-Za-z]+ [a-z]+[.?]$")
# sections of texts that are put together in the source, or that come from elsewhere
NOT_RAISED = ("parts-that-are-put-together", "typer", "msgspec", "system")
# files, or functions in them, whose English no user of the command line meets
EXEMPT = {
    "help, whose Chinese stands in help/zh.toml": [
        "cli/commands.py",
        "cli/options.py",
        "cli/shared_options.py",
        "cli/app.py:_top",
    ],
    "calls in Python that a function does not take": [
        "__init__.py",
        "_validation.py:_answer",
        "_validation.py:_of_unknown",
        "_validation.py:check_steps",
        "model/parameters.py",
        "model/settings.py:join",
        "model/synonyms.py",
    ],
    "charts of one's own making in Python": [
        "charts/checks.py",
        "charts/fits.py:learning_curves",
        "charts/fits.py:residuals_chart",
        "charts/fits.py:training_of",
        "charts/forecasts.py",
        "charts/gates.py",
        "charts/interactive.py:to_html",
        "charts/matplotlib_backend.py:render",
        "charts/timeline.py:_forecast",
    ],
    "models and results that are passed, shown, saved and loaded in Python": [
        "backtesting/combination.py:check",
        "backtesting/models.py:_check",
        "comparison/best.py",
        "comparison/scores.py",
        "comparison/significance.py",
        "diagnosis/diagnosis.py:diagnose",
        "diagnosis/findings.py:__str__",
        "explanation/gates.py:__getitem__",
        "explanation/importance.py",
        "forecaster/lstm.py:stream",
        "metrics/conformal.py",
        "metrics/paths.py",
        "model/fitted.py",
        "model/stream.py",
        "reporting/build.py:report",
    ],
    "tables and arrays in memory": [
        "data/panel/windows.py",
        "data/reading/containers.py",
        "data/reading/frames.py:_array",
        "data/reading/frames.py:_one_dimensional",
        "data/reading/frames.py:as_source",
        "data/reading/future.py:_source",
        "data/reading/plain_arrays.py",
        "data/values/transforms.py:inverse",
        "datasets.py",
    ],
    "networks of other libraries, and other libraries that gatecast is used from": [
        "exchange/keras.py",
        "exchange/methods.py",
        "exchange/onnx/export.py",
        "exchange/plain.py",
        "exchange/torch.py",
        "forecaster/imported.py",
        "mlflow.py",
        "sktime.py",
    ],
    "the description of the server for programs, and of what it measures, which is English in every language": [
        "serving/app.py:",
        "serving/job_routes.py:",
        "serving/forecast_routes.py:",
        "serving/kserve.py:",
        "serving/model_routes.py:",
        "serving/measures.py",
        "serving/openapi.py",
        "serving/schemas.py:",
        "serving/stream_routes.py:",
    ],
    "no sentences: words of the log, what is asked of the database, and what is searched for in words of others": [
        "serving/bodies.py:",
        "serving/jobs.py:",
        "serving/jobs.py:add",
        "serving/jobs.py:restore",
        "serving/models.py:_newer",
        "serving/problems.py:",
        "serving/streams.py:_restored",
        "serving/streams.py:begin",
    ],
    "no sentences: words that are read, code that is written, names of others, and what is never reached": [
        "_validation.py:",
        "charts/matplotlib_backend.py:_add_legend",
        "cli/report.py",
        "cli/wording.py",
        "data/reading/id_remedies.py",
        "data/reading/numeric_times.py:read_fractions",
        "data/reading/parts.py:",
        "data/reading/separate_series.py:_is_unique",
        "data/reading/words.py",
        "model/gate.py",
        "network/calls.py:",
        "reporting/made.py:_python_code",
        "training/progress.py",
    ],
    "what a program reads, which is English in every language": ["cli/tables.py:_seasons_report"],
}


def places():
    return [place for several in EXEMPT.values() for place in several]


@functools.cache
def literals():
    """Return the texts of the source that are no docstrings, taken apart where something is filled in, by place."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        collect(ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)), "", found)
    return found


def collect(node, file, function, found):
    body = getattr(node, "body", None)
    is_named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    function = node.name if is_named else function
    for child in ast.iter_child_nodes(node):
        is_statement = isinstance(body, list) and child in body
        if is_statement and isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.JoinedStr):
            found.append((file, function, parts_of_literal(child)))
            for value in child.values:
                collect(value, file, function, found)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str) and not isinstance(node, ast.JoinedStr):
            found.append((file, function, (child.value,)))
        else:
            collect(child, file, function, found)


def parts_of_literal(joined):
    parts = [""]
    for value in joined.values:
        if isinstance(value, ast.Constant):
            parts[-1] += value.value
        else:
            parts.append("")
    return tuple(parts)


@functools.cache
def known():
    return {parts_of(english).parts for english in sentences("zh")} | set(whole_texts())


def whole_texts():
    """Texts of other parts of the catalogue: words of the help, and those that stand for a key."""
    yield from ((words,) for words in help_texts("zh")["words"])
    yield from ((entry["en"],) for entry in catalogue().values())


def test_english_sentences_of_the_source_have_a_chinese_counterpart():
    exempt = set(places())
    english = [each for each in literals() if ENGLISH.search("{}".join(each[2]))]
    assert len(english) > 400
    lacking = [
        (file, "{}".join(parts))
        for file, function, parts in english
        if parts not in known() and not {file, f"{file}:{function}"} & exempt
    ]
    assert lacking == [], "add these to texts/errors/zh.toml, or raise them with a Message of the catalogue"


def test_no_exemption_is_left_over():
    there = {name for file, function, _ in literals() for name in (file, f"{file}:{function}")}
    assert [place for place in places() if place not in there] == []


def test_no_chinese_counterpart_is_left_over():
    raised = {parts for _, _, parts in literals()}
    sections = sentences_by_section()
    english = [text for name, section in sections.items() if name not in NOT_RAISED for text in section]
    assert [text for text in english if parts_of(text).parts not in raised] == []


def sentences_by_section():
    return tomllib.loads((ROOT / "texts" / "errors" / "zh.toml").read_text(encoding="utf-8"))


def test_no_sentence_stands_there_twice():
    texts = [parts_of(text).parts for section in sentences_by_section().values() for text in section]
    assert len(texts) == len(set(texts))


def test_chinese_counterparts_are_chinese_and_fill_in_what_there_is():
    for english, said in sentences("zh").items():
        names = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        assert names <= set(parts_of(english).names), english
        plain = re.sub(r"\{[^}]*\}", "", re.sub("`[^`]*`", "", said))
        assert re.search("[一-鿿]", plain), english
        assert not re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", plain), english
        # halves of brackets and the marks of English
        assert not re.search("[一-鿿][,;:?!.]", plain), english
        assert said.count("`") % 2 == 0, english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "`n_jobs` must be a whole number other than 0, got 0. Use `n_jobs=2`, or -1 for one on each processor.",
            "`n_jobs` 必须是不为 0 的整数，得到的是 0。请用 `n_jobs=2`，或用 -1 表示每个处理器一个。",
        ),
        # a remedy within an error, and a text of the catalogue within a remedy
        (
            "`level` must be a percentage above 1 and below 100, got 0.8. Did you mean `level=80`?",
            "`level` 必须是大于 1 且小于 100 的百分数，得到的是 0.8。您要的是 `level=80` 吗？",
        ),
        (
            "`seed` must be a whole number from 0 to 2**63 - 1, got -1. Use `seed=7`, or None to have it chosen.",
            "`seed` 必须是 0 到 2**63 - 1 之间的整数，得到的是 -1。请用 `seed=7`；不写则自动选择。",
        ),
        # what is filled in may hold what stands around it
        (
            "'a.csv' is damaged, and a whole file was expected. Copy it. is damaged, and a whole file was expected. "
            "Copy or save it again.",
            "'a.csv' is damaged, and a whole file was expected. Copy it. 已损坏。请重新复制或保存。",
        ),
        ("[Errno 2] of somebody else's library", "[Errno 2] of somebody else's library"),
        ("", ""),
    ],
)
def test_sentences_are_found_by_the_english_ones(english, chinese):
    assert translated(english, "zh") == chinese
    assert translated(english, "en") == english


@pytest.mark.parametrize(
    ("body", "chinese"),
    [
        ("{", "内容不完整"),
        ('{"horizon": 1 2', "JSON 写法有误：缺少 ',' 或 '}'（第 14 个字节）"),
        ("[]", "应为 `object`，得到的是 `array`"),
        ("{}", "对象缺少必需的字段 `horizon`"),
        ('{"steps": 12}', "对象中有未知的字段 `steps`"),
        ('{"horizon": 0}', "应为不小于 1 的 `int`"),
        ('{"model": "no name"}', "应为符合正则表达式"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_chinese_too(body, chinese):
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(body, type=ForecastRequest)
    assert chinese in unfit(caught.value).args[0].say("zh")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "'a.safetensors' has model format 99, and this version of gatecast reads format 9. Update it with "
            "`pip install --upgrade gatecast`.",
            "'a.safetensors' 的模型格式是 99，而这个版本的 gatecast 读取格式 9。"
            "请用 `pip install --upgrade gatecast` 更新。",
        ),
        (
            "Column 'price' holds categories, and the model to start from learned numbers there, which were expected. "
            "Convert them, or fit without `start`.",
            "'price' 列是类别，而作为起点的模型在该列学习的是数字，两者应相同。请换算，或不用 `start` 拟合。",
        ),
        ("it has bounds that leave nothing between them", "内容不符：其间没有任何值的界限"),
        (
            "`upper` must be a finite number, got 'a'. Use `upper=100`, or None for no bound.",
            "`upper` 必须是有限的数，得到的是 'a'。请用 `upper=100`；不写则没有上限。",
        ),
    ],
)
def test_parts_of_sentences_are_chinese_too(english, chinese):
    assert translated(english, "zh") == chinese


def test_errors_without_a_message_are_quoted_in_chinese_where_they_are_ours():
    ours = reason(DataError("The data hold no series, and at least one was expected. Pass rows to learn from."))
    assert ours.say("zh") == "数据中没有序列，而至少应有一个。请提供可供学习的行。"
    assert reason(OSError("somebody else's words")).say("zh") == "程序给出的原文是：somebody else's words"
    facts = {"path": "a.csv", "why": "permission denied"}
    assert Message("output.not_written", facts).say("zh").startswith("无法写入 a.csv（没有权限）")
