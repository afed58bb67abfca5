"""Is the OpenAPI document right, and does the server keep to it, whatever is sent?"""

import contextlib

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gatecast.serving.app import ROUTES
from gatecast.serving.openapi import described

from .running import running
from .test_serving_jobs import kept_in

FEW, MANY = 1, 80
CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_route_is_described_with_examples_that_fit():
    document = described(ROUTES)
    assert document["openapi"].startswith("3.1")
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert all(one["summary"] for one in operations)
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all("401" in one["responses"] and "500" in one["responses"] for one in operations)
    bodies = [one["requestBody"]["content"] for one in operations if "requestBody" in one]
    assert all("examples" in body["application/json"] for body in bodies if "application/json" in body)


def test_examples_are_answered(tmp_path, sales_model):
    service = kept_in(tmp_path)
    service.models.add("sales", sales_model)
    with running(service) as client:
        document = client.get("/openapi.json").json
        for path, methods in document["paths"].items():
            content = methods.get("post", {}).get("requestBody", {}).get("content", {})
            for name, example in content.get("application/json", {}).get("examples", {}).items():
                if path in ("/v1/streams", "/v1/models") or name == "go on":
                    continue
                filled = path.replace("{name}", "sales").replace("{id}", name.replace(" ", "-"))
                answer = client.post(filled, example["value"])
                assert answer.status == 200, (path, name, answer.content)


def send_cases(folder, model, n):
    """Send `n` made requests of each kind, right and wrong ones, to each route, and check the answers; counts them."""
    service, count = kept_in(folder), 0
    service.models.add("sales", model)
    with running(service) as client:
        schema = schemathesis.openapi.from_url(f"{client.address}/openapi.json")
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = operation.as_strategy(generation_mode=mode)

                @settings(max_examples=n, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
                @given(case=strategy)
                def send(case):
                    nonlocal count
                    count += 1
                    # a stream of events goes on as long as its job
                    case.call_and_validate(checks=CHECKED, timeout=30)

                with contextlib.suppress(Unsatisfiable):
                    send()
        assert client.get("/healthz").status == 200
    return count


def test_answers_are_those_of_the_document(tmp_path, sales_model):
    assert send_cases(tmp_path, sales_model, FEW) > 20


@pytest.mark.slow
def test_answers_are_those_of_the_document_in_2000_cases(tmp_path, sales_model):
    assert send_cases(tmp_path, sales_model, MANY) > 2000
