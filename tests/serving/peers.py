"""An endpoint of Aloft before judges of their own: MLServer and its client, Prometheus, schemathesis, PyTorch.

    peers.py --aloft PROGRAM

Ends with a line "peers: N passed, N failed"; the exit code is 1 when something failed.
"""
import argparse
import contextlib
import csv
import importlib.util
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

DATA = pathlib.Path(__file__).resolve().parents[2] / "assets" / "data"
BIN = pathlib.Path(sys.executable).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, body=None, token=None):
    """Status and body, whatever the status."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def until(what, is_so, secs=60):
    limit = time.monotonic() + secs
    while time.monotonic() < limit:
        with contextlib.suppress(OSError):
            answer = is_so()
            if answer:
                return answer
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {what}")


@contextlib.contextmanager
def process(arguments, **options):
    child = subprocess.Popen([str(word) for word in arguments], stdin=subprocess.DEVNULL, start_new_session=True, **options)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


class Aloft:
    """The command line in a workspace of its own, with three registered models."""

    def __init__(self, program, folder):
        self.program = program
        self.workspace = pathlib.Path(folder) / "workspace"
        self.register("penguins.csv", "species", "penguins", "linear")
        self.register("penguins.csv", "species", "penguins-mlp", "mlp")
        self.register("wine_quality.csv", "alcohol", "wine", "mlp")

    def run(self, *arguments):
        words = [self.program, *arguments, "--workspace", self.workspace, "--json"]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"aloft {arguments}: {done.stdout} {done.stderr}"
        return json.loads(done.stdout.splitlines()[-1])

    def register(self, sample, target, name, model):
        trained = self.run("train", DATA / sample, "--target", target, "--model", model, "--epochs", "15")
        self.run("models", "register", trained["run"], "--name", name)

    @contextlib.contextmanager
    def serve(self, name, *more):
        words = [self.program, "serve", name, "--json", "--workspace", self.workspace, *more]
        with process(words, stdout=subprocess.PIPE, text=True) as child:
            ready = json.loads(child.stdout.readline())
            assert "url" in ready, ready
            yield ready


def tensors(rows, kinds):
    """One tensor a column, as pandas' codec writes them."""
    inputs = []
    for name, kind in kinds.items():
        values = [row[name] for row in rows]
        datatype = {"number": "FP64", "boolean": "BOOL"}.get(kind, "BYTES")
        inputs.append({"name": name, "shape": [len(rows), 1], "datatype": datatype, "data": values})
    return {"id": "a-1", "inputs": inputs}


def check_mlserver(aloft, folder):
    """MLServer's own types read our answers, and it and we refuse the same requests."""
    from mlserver import types
    from mlserver.codecs import PandasCodec

    version = aloft.run("models", "show", "penguins")
    example = version["facts"]["example"]
    kinds = {feature["name"]: feature["kind"] for feature in version["facts"]["signature"]["features"]}
    rows = [{name: row.get(name) for name in kinds} for row in example["rows"]]
    rows = [row for row in rows if all(value is not None for value in row.values())]
    assert rows, "the example has no complete row"
    body = tensors(rows, kinds)
    types.InferenceRequest.model_validate(body)
    with aloft.serve("penguins") as ready:
        url, token = ready["url"], ready["token"]
        status, answer = ask(f"{url}/v2")
        assert status == 200
        types.MetadataServerResponse.model_validate_json(answer)
        status, answer = ask(f"{url}/v2/models/penguins")
        assert status == 200, answer
        metadata = types.MetadataModelResponse.model_validate_json(answer)
        assert {tensor.name for tensor in metadata.inputs} == set(kinds)
        status, answer = ask(f"{url}/v2/models/penguins/infer", body, token)
        assert status == 200, answer
        response = types.InferenceResponse.model_validate_json(answer)
        assert response.id == "a-1" and response.model_name == "penguins"
        prediction = next(output for output in response.outputs if output.name == "prediction")
        direct = json.loads(ask(f"{url}/predict", {"rows": rows}, token)[1])["predictions"]
        assert list(prediction.data) == [row["prediction"] for row in direct]
        # Through MLServer's own codec, from a data frame.
        import pandas
        # MLServer does not know the text type of pandas 3 yet.
        frame = pandas.DataFrame({name: pandas.Series([row[name] for row in rows],
                                                      dtype=float if kind == "number" else object)
                                  for name, kind in kinds.items()})
        encoded = PandasCodec.encode_request(frame).model_dump(mode="json", exclude_none=True)
        status, answer = ask(f"{url}/v2/models/penguins/infer", encoded, token)
        assert status == 200, answer
        again = types.InferenceResponse.model_validate_json(answer)
        assert list(next(o for o in again.outputs if o.name == "prediction").data) == list(prediction.data)

        with mlserver(folder) as (port, name):
            theirs = f"http://127.0.0.1:{port}"
            good = {"inputs": [{"name": "predict", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]}]}
            assert ask(f"{theirs}/v2/models/{name}/infer", good)[0] == 200
            for what, change in {
                "no inputs": lambda body: body.pop("inputs"),
                "no datatype": lambda body: body["inputs"][0].pop("datatype"),
                "no shape": lambda body: body["inputs"][0].pop("shape"),
                "no data": lambda body: body["inputs"][0].pop("data"),
                "inputs is no list": lambda body: body.update(inputs=7),
            }.items():
                ours, other = json.loads(json.dumps(body)), json.loads(json.dumps(good))
                change(ours), change(other)
                our_status, our_answer = ask(f"{url}/v2/models/penguins/infer", ours, token)
                their_status, _ = ask(f"{theirs}/v2/models/{name}/infer", other)
                assert 400 <= our_status < 500 and 400 <= their_status < 500, (what, our_status, their_status)
                assert "error" in json.loads(our_answer), (what, our_answer)
            for base, model, key in ((url, "penguins", token), (theirs, name, None)):
                for path, expected in (
                    ("/v2/health/live", 200), ("/v2/health/ready", 200),
                    (f"/v2/models/{model}/ready", 200), ("/v2/models/nobody", 404), ("/v2/models/nobody/ready", 404),
                ):
                    assert ask(base + path, token=key)[0] == expected, (base, path)
            # And ours watches theirs.
            aloft.run("endpoints", "add", "peer", theirs, "--open-inference", name)
            probed = aloft.run("endpoints", "probe", "peer")
            assert probed["endpoints"][0]["state"] == "healthy", probed


@contextlib.contextmanager
def mlserver(folder):
    import joblib
    from sklearn.linear_model import LogisticRegression

    home = pathlib.Path(folder) / "mlserver"
    home.mkdir(exist_ok=True)
    path = home / "model.joblib"
    joblib.dump(LogisticRegression().fit([[0.0, 0.0], [1.0, 1.0]], [0, 1]), path)
    port, grpc, metrics = free_port(), free_port(), free_port()
    settings = {
        "host": "127.0.0.1", "http_port": port, "grpc_port": grpc, "metrics_port": metrics, "parallel_workers": 0,
    }
    (home / "settings.json").write_text(json.dumps(settings))
    model = {"name": "two", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": str(path)}}
    (home / "model-settings.json").write_text(json.dumps(model))
    with process([BIN / "mlserver", "start", home], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        until("MLServer is ready", lambda: ask(f"http://127.0.0.1:{port}/v2/models/two/ready")[0] == 200)
        yield port, "two"


def check_prometheus(aloft, folder):
    """The real Prometheus scrapes our metrics, and promtool finds nothing wrong with them."""
    with aloft.serve("penguins") as ready:
        url, token = ready["url"], ready["token"]
        rows = aloft.run("models", "show", "penguins")["facts"]["example"]["rows"]
        for _ in range(25):
            assert ask(f"{url}/predict", {"rows": rows}, token)[0] == 200
        assert ask(f"{url}/predict", {"rows": [{"bill_length_mm": "long"}]}, token)[0] == 422
        text = ask(f"{url}/metrics")[1]
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        assert lint.returncode == 0, lint.stderr.decode() + lint.stdout.decode()
        port = free_port()
        home = pathlib.Path(folder) / "prometheus"
        home.mkdir()
        config = home / "prometheus.yml"
        target = url.removeprefix("http://")
        config.write_text(
            "global: {scrape_interval: 1s}\n"
            f"scrape_configs: [{{job_name: aloft, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        words = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={home}",
                 f"--web.listen-address=127.0.0.1:{port}"]
        with process(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            def value(query):
                answer = json.loads(ask(f"http://127.0.0.1:{port}/api/v1/query?query={query}")[1])
                results = answer["data"]["result"]
                return float(results[0]["value"][1]) if results else None

            until("Prometheus has scraped", lambda: value("up") == 1)
            names = json.loads(ask(f"http://127.0.0.1:{port}/api/v1/label/__name__/values")[1])["data"]
            counter = next(name for name in names if name.startswith("aloft_") and name.endswith("requests_total"))
            until("the requests are counted", lambda: (value(f"sum({counter})") or 0) >= 26)


def check_schemathesis(aloft, folder):
    """Ten thousand requests made from our OpenAPI page: never a 500, and memory does not grow."""
    def memory(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

    with aloft.serve("penguins") as ready:
        url, token = ready["url"], ready["token"]

        def run(examples, seed):
            words = [BIN / "schemathesis", "run", f"{url}/openapi.json", "-H", f"Authorization: Bearer {token}",
                     "--checks", "not_a_server_error", "--max-examples", examples, "--seed", seed,
                     "--phases", "fuzzing", "--workers", 2, "--no-color"]
            # It leaves a cache where it runs.
            done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
            return done.stdout

        run(100, 1)
        before, answered = memory(ready["pid"]), requests(url)
        round_, said = 2, ""
        while requests(url) - answered < 10_000 and round_ < 100:
            said = run(400, round_)
            round_ += 1
        assert requests(url) - answered >= 10_000, said
        grown = memory(ready["pid"]) - before
        assert grown < 40_000, f"memory grew by {grown} kB"
        print(f"   {requests(url) - answered:,.0f} requests, memory grew by {grown} kB")


def requests(url):
    """How many requests an endpoint has counted."""
    total = 0.0
    for line in ask(f"{url}/metrics")[1].decode().splitlines():
        if line.startswith("aloft_") and "requests_total" in line.split("{")[0].split(" ")[0]:
            total += float(line.rsplit(" ", 1)[1])
    return total


def check_pytorch(aloft, _folder):
    """The generated script and a PyTorch network with our weights predict what we predict."""
    import torch

    for name, sample in (("penguins", "penguins.csv"), ("penguins-mlp", "penguins.csv"), ("wine", "wine_quality.csv")):
        version = aloft.run("models", "show", name)
        home = pathlib.Path(version["folder"])
        ours = aloft.run("predict", name, DATA / sample)["predictions"]
        script = [sys.executable, home / "predict.py", DATA / sample]
        done = subprocess.run([str(word) for word in script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        theirs = list(csv.DictReader(io.StringIO(done.stdout)))
        assert len(ours) == len(theirs), (len(ours), len(theirs))
        loader = importlib.util.spec_from_file_location(name.replace("-", "_"), home / "predict.py")
        module = importlib.util.module_from_spec(loader)
        loader.loader.exec_module(module)
        for mine, other in zip(ours, theirs):
            for column, value in mine.items():
                if isinstance(value, (int, float)):
                    assert abs(value - float(other[column])) <= 1e-4 * max(1.0, abs(value)), (name, column, mine, other)
                else:
                    assert value == other[column], (name, column, mine, other)
        weights = module.read_tensors()
        with (DATA / sample).open() as file:
            matrix = module.prepare(module.read_json("preparation.json"), list(csv.DictReader(file)))
        outputs = module.forward(weights, matrix)
        layers = sorted({int(key.split(".")[1]) for key in weights})
        act = {"relu": torch.relu, "gelu": lambda x: torch.nn.functional.gelu(x, approximate="tanh"), "tanh": torch.tanh}
        with torch.no_grad():
            x = torch.tensor(matrix, dtype=torch.float32)
            for layer in layers:
                linear = torch.nn.Linear(*weights[f"layers.{layer}.weight"].shape[::-1])
                linear.load_state_dict({
                    part: torch.tensor(weights[f"layers.{layer}.{part}"].copy()) for part in ("weight", "bias")
                })
                x = linear(x)
                if layer != layers[-1]:
                    x = act[module.ACTIVATION](x)
        worst = (x - torch.tensor(outputs)).abs().max().item()
        assert worst < 1e-3, f"{name}: outputs differ by {worst}"
        print(f"   {name}: {len(ours)} rows, PyTorch {torch.__version__} differs by {worst:.1e}")


CHECKS = [check_mlserver, check_prometheus, check_schemathesis, check_pytorch]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aloft", required=True, type=pathlib.Path)
    parser.add_argument("checks", nargs="*", help="names of checks; all when none is given")
    arguments = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="aloft-peers-") as folder:
        aloft = Aloft(arguments.aloft.resolve(), folder)
        for check in CHECKS:
            name = check.__name__.removeprefix("check_")
            if arguments.checks and name not in arguments.checks:
                continue
            began = time.monotonic()
            try:
                check(aloft, folder)
                passed += 1
                print(f"{name}: as it should be ({time.monotonic() - began:.0f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"{name}: FAILED", flush=True)
                traceback.print_exc()
    print(f"peers: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
