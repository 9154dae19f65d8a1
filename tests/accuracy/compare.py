"""Compares test accuracy with scikit-learn on the same folds: 5 repeats of 5 stratified folds of three tables.

Each fold is the sample file with one more column that says train, valid or test. Aloft runs its own proposal for that
file, from the command line, with nothing changed but the path and the seed. Both sides read the very same file.

Which rows each is fitted on: Aloft on those marked train; those marked valid, a tenth of what is not tested, it only
watches. scikit-learn needs no validation part, so it is fitted on train and valid together; that is the comparison
which counts. How it does on train alone stands beside it, to tell what the missing tenth costs.

The target of each table is a class, also the quality of a wine: that is the task Aloft proposes for it.
Fails when a mean is more than one point below scikit-learn's. Figures go to target/accuracy.json.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib
import warnings

# The peer chooses its own kernels, and both sides use one thread for each fold. Read when the library is loaded.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import numpy  # noqa: E402
import pandas  # noqa: E402
import sklearn  # noqa: E402
from sklearn.compose import make_column_transformer  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# File, what stands between two values, target.
TABLES = {
    "penguins": ("penguins.csv", ",", "species"),
    "wine": ("wine_quality.csv", ";", "quality"),
    "digits": ("digits.csv", ",", "digit"),
}
# What a person gets who names no setting; only the solver of the regression may take as long as it needs.
PEERS = {
    "linear": ("LogisticRegression", lambda seed: LogisticRegression(C=1.0, max_iter=10_000)),
    "mlp": ("MLPClassifier", lambda seed: MLPClassifier(random_state=seed)),
}
# Accuracies may be so much worse.
POINTS_ALLOWED = 1.0
PARTS = "fold_part"


def main():
    options = parse()
    program = str(pathlib.Path(options.aloft).resolve())
    repeats = 1 if options.quick else 5
    print(f"scikit-learn {sklearn.__version__}, {repeats} × 5 folds, test accuracy in percent, mean ± standard deviation")
    header = f"{'table':9} {'model':7} {'aloft':>14} {'scikit-learn':>14} {'points':>7} {'fit on train':>14}"
    print(f"{header}   seconds: aloft, peer")
    figures, worse = [], []
    with tempfile.TemporaryDirectory(prefix="aloft-accuracy-") as temporary:
        folder = pathlib.Path(temporary)
        for table in options.only:
            folds = write_folds(folder, table, repeats)
            for model in options.models:
                figure = compare(program, folder, table, model, folds)
                figures.append(figure)
                ours, peer, train_only = (percent(figure[side]) for side in ("ours", "peer", "peer_on_train"))
                print(f"{table:9} {model:7} {ours:>14} {peer:>14} {figure['points']:+7.2f} {train_only:>14}"
                      f"   {figure['ours']['secs']:.2f}, {figure['peer']['secs']:.2f}", flush=True)
                if figure["points"] < -POINTS_ALLOWED:
                    worse.append(f"{table} {model}: {figure['points']:+.2f} points")
    output = REPOSITORY / "target/accuracy.json"
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(figures, indent=1) + "\n")
    if worse:
        sys.exit("More than one point below scikit-learn: " + "; ".join(worse))
    print("Within one point of scikit-learn everywhere.")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aloft", required=True, help="the aloft program")
    parser.add_argument("--quick", action="store_true", help="one repeat of 5 folds, while developing")
    parser.add_argument("--only", nargs="*", choices=TABLES, default=list(TABLES))
    parser.add_argument("--models", nargs="*", choices=PEERS, default=list(PEERS))
    return parser.parse_args()


def percent(figure):
    return f"{100 * figure['mean']:.2f} ± {100 * figure['std']:.2f}"


def write_folds(folder, table, repeats):
    """Writes the files of the folds, and answers their paths."""
    file, separator, target = TABLES[table]
    # Lines as they are, so that quotes, gaps and spellings stay what they were. No value holds a line end.
    header, *rows = (REPOSITORY / "assets/data" / file).read_text(encoding="utf-8").splitlines()
    column = next(csv.reader([header], delimiter=separator)).index(target)
    classes = numpy.array([row[column] for row in csv.reader(rows, delimiter=separator)])
    paths = []
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=0)
    for number, (rest, test) in enumerate(folds.split(classes, classes)):
        train, valid = train_test_split(rest, test_size=0.1, random_state=number, stratify=classes[rest])
        part = numpy.empty(len(rows), dtype=object)
        part[train], part[valid], part[test] = "train", "valid", "test"
        path = folder / f"{table}-{number}.csv"
        lines = [f"{header}{separator}{PARTS}", *(f"{row}{separator}{name}" for row, name in zip(rows, part))]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def compare(program, folder, table, model, paths):
    """Both sides on every fold."""
    recipe = proposal(program, folder, table, model, paths[0])
    jobs = [(program, folder, table, model, recipe, path, number) for number, path in enumerate(paths)]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        folds = list(pool.map(one_fold, jobs))
    figure = {"table": table, "model": model, "folds": len(folds),
              "peer_name": f"scikit-learn {sklearn.__version__} {PEERS[model][0]}", "recipe": recipe}
    for side in ("ours", "peer", "peer_on_train"):
        scores = numpy.array([fold[side][0] for fold in folds])
        seconds = numpy.array([fold[side][1] for fold in folds])
        figure[side] = {"mean": float(scores.mean()), "std": float(scores.std(ddof=1)),
                        "secs": float(numpy.median(seconds)), "samples": scores.tolist()}
    figure["points"] = 100 * (figure["ours"]["mean"] - figure["peer"]["mean"])
    return figure


def proposal(program, folder, table, model, path):
    """What Aloft proposes for a fold's file: the whole recipe, as nested dictionaries."""
    answer = aloft(program, folder / f"proposal-{table}-{model}", "train", path, "--target", TABLES[table][2],
                   "--model", model)
    recipe = answer["recipe"]
    recipe = tomllib.loads(recipe) if isinstance(recipe, str) else recipe
    task, split = recipe["target"]["task"], recipe["split"]
    if task != "multi_class":
        raise SystemExit(f"{table}: the proposed task is {task}, which has no accuracy to compare")
    if split["method"] != "column" or split["column"] != PARTS or PARTS in recipe["features"]["include"]:
        raise SystemExit(f"{table}: the proposal does not split by the column {PARTS}: {split}")
    return recipe


def one_fold(job):
    """Fits both on one fold, and answers accuracy and seconds of each."""
    program, folder, table, model, recipe, path, number = job
    _, separator, target = TABLES[table]
    rows = pandas.read_csv(path, sep=separator)
    is_test = (rows[PARTS] == "test").to_numpy()
    actual = rows[target].astype(str)

    recipe = json.loads(json.dumps(recipe))
    recipe["data"]["path"] = str(path)
    recipe["split"]["seed"] = recipe["training"]["seed"] = number
    recipe.setdefault("run", {})["threads"] = 1
    recipe_path = folder / f"{table}-{model}-{number}.toml"
    recipe_path.write_text(toml_tables(recipe), encoding="utf-8")
    workspace = folder / f"workspace-{table}-{model}-{number}"
    began = time.perf_counter()
    answer = aloft(program, workspace, "run", recipe_path)
    seconds = time.perf_counter() - began
    ours = answer["metrics"]["test"]["accuracy"]
    check_predictions(program, workspace, answer["run"], path, actual[is_test], is_test, ours)

    features = rows.drop(columns=[target, PARTS])
    scores = {"ours": (ours, seconds)}
    for side, fitted in (("peer", ~is_test), ("peer_on_train", (rows[PARTS] == "train").to_numpy())):
        pipeline = make_pipeline(preparation(features), PEERS[model][1](number))
        began = time.perf_counter()
        with warnings.catch_warnings():
            # Its defaults end after 200 epochs, and it says so each time.
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline.fit(features[fitted], actual[fitted])
        scores[side] = (float(pipeline.score(features[is_test], actual[is_test])), time.perf_counter() - began)
    return scores


def preparation(features):
    """As Aloft's: median for missing numbers and a standard scale, one column for each category."""
    numbers = list(features.select_dtypes("number").columns)
    words = [name for name in features.columns if name not in numbers]
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )


def check_predictions(program, workspace, run, path, actual, is_test, accuracy):
    """The accuracy that is compared must be that of the saved model's predictions, counted here."""
    out = workspace / "predictions.csv"
    answer = aloft(program, workspace, "predict", run, path, "--out", out)
    predictions = pandas.read_csv(out, dtype=str)[answer["columns"][0]]
    counted = float((predictions[is_test] == actual).mean())
    if abs(counted - accuracy) > 1e-9:
        raise SystemExit(f"{path.name}: the run says {accuracy} and its predictions have {counted}")


def aloft(program, workspace, *arguments):
    """Runs the command line and answers the JSON object of its last line."""
    environment = os.environ | {"ALOFT_THREADS": "1"}
    command = [program, *map(str, arguments), "--workspace", str(workspace), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {last}\n{done.stderr}")
    return json.loads(last)


def toml_tables(recipe):
    """A recipe is tables of values, so this much TOML is enough."""
    lines = [f"{key} = {toml_value(value)}" for key, value in recipe.items() if not isinstance(value, dict)]
    for name, table in recipe.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {toml_value(value)}" for key, value in table.items() if value is not None]
    return "\n".join(lines) + "\n"


def toml_value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
