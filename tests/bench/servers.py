"""A server with scikit-learn's logistic regression on a table, for the benchmark.

    servers.py flask|gunicorn|mlserver TABLE PORT FOLDER

Prints its name and version once the model is fitted, then becomes the server.
"""
import json
import os
import sys

import joblib
import pandas
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

APP = '''
import joblib
from flask import Flask, jsonify, request

app = Flask(__name__)
model = joblib.load({path!r})
names = {names!r}


@app.post("/predict")
def predict():
    rows = [[row[name] for name in names] for row in request.get_json()["rows"]]
    probabilities = model.predict_proba(rows)
    classes = model.classes_
    return jsonify(predictions=[
        dict(prediction=classes[row.argmax()], probabilities=dict(zip(classes, row.tolist()))) for row in probabilities
    ])
'''


def main(what, table, port, folder):
    data = pandas.read_csv(table)
    names = [name for name in data.columns if name != "label"]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(data[names].to_numpy(), data["label"])
    path = os.path.join(folder, "model.joblib")
    joblib.dump(model, path)
    os.chdir(folder)
    # Marks the processes it starts, so that the benchmark can end them all.
    os.environ["ALOFT_BENCH_FOLDER"] = folder
    fitted = f"scikit-learn {sklearn.__version__}"
    program = os.path.join(os.path.dirname(sys.executable), what)
    if what in ("flask", "gunicorn"):
        with open("app.py", "w") as file:
            file.write(APP.format(path=path, names=names))
    if what == "flask":
        import importlib.metadata
        print(f"Flask {importlib.metadata.version('flask')} server, {fitted}", flush=True)
        arguments = ["--app", "app", "run", "--host", "127.0.0.1", "--port", port]
    elif what == "gunicorn":
        import gunicorn
        print(f"Flask under gunicorn {gunicorn.__version__}, 2 workers, {fitted}", flush=True)
        arguments = ["--workers", "2", "--bind", f"127.0.0.1:{port}", "app:app"]
    else:
        import mlserver
        settings = {
            "host": "127.0.0.1", "http_port": int(port), "grpc_port": 0, "metrics_port": 0,
            "parallel_workers": 0, "metrics_endpoint": None, "debug": False,
        }
        with open("settings.json", "w") as file:
            json.dump(settings, file)
        with open("model-settings.json", "w") as file:
            json.dump({
                "name": "bench", "implementation": "mlserver_sklearn.SKLearnModel",
                "parameters": {"uri": path},
            }, file)
        print(f"MLServer {mlserver.__version__}, {fitted}", flush=True)
        arguments = ["start", folder]
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
