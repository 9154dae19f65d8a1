"""The other side of each comparison. Prints one line: {"name", "threads", "samples"}, the samples in seconds.

    peers.py TASK TIMES ARGUMENTS…

Each sample is the work alone, without the start of Python and its imports, unless the task says otherwise.
"""
import json
import os
import sys
import tempfile
import time

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def answer(name, samples, threads=CORES, **more):
    print(json.dumps({"name": name, "threads": threads, "samples": samples, **more}))


def repeat(times, work):
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def duck():
    import duckdb
    connection = duckdb.connect()
    connection.sql(f"SET threads = {CORES}")
    return duckdb, connection


def duckdb_first_rows(times, file):
    duckdb, _ = duck()
    samples = repeat(times, lambda: duck()[1].sql(f"SELECT * FROM read_csv('{file}') LIMIT 40").fetchall())
    answer(f"DuckDB {duckdb.__version__}, SELECT … LIMIT 40, started from Python", samples)


def duckdb_summarize(times, file):
    duckdb, _ = duck()
    samples = repeat(times, lambda: duck()[1].sql(f"SUMMARIZE SELECT * FROM read_csv('{file}')").fetchall())
    answer(f"DuckDB {duckdb.__version__} SUMMARIZE (approximate, query alone)", samples)


def duckdb_count(times, file):
    duckdb, _ = duck()
    samples = repeat(times, lambda: duck()[1].sql(f"SELECT count(*) FROM read_csv('{file}')").fetchall())
    answer(f"DuckDB {duckdb.__version__} count(*)", samples)


def polars_statistics(times, file):
    """What a profile tells of each column, exactly, but for the histogram and the warnings."""
    import polars

    def work():
        table = polars.scan_csv(file, try_parse_dates=True)
        expressions = []
        for name, kind in table.collect_schema().items():
            column = polars.col(name)
            present = column.drop_nulls()
            expressions += [
                column.null_count().alias(f"{name} nulls"), present.n_unique().alias(f"{name} distinct"),
                column.min().alias(f"{name} min"), column.max().alias(f"{name} max"),
                present.value_counts(sort=True, name="times").head(10).implode().alias(f"{name} top"),
            ]
            if kind.is_numeric():
                expressions += [column.mean().alias(f"{name} mean"), column.std().alias(f"{name} std")]
                expressions += [column.quantile(share, "linear").alias(f"{name} {share}")
                                for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
        table.select(polars.len(), *expressions).collect()

    answer(f"polars {polars.__version__}, same statistics (query alone)", repeat(times, work))


def peak_megabytes():
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 * 1.024


def duckdb_profile(times, file):
    """What a profile tells of each column in one query, so that the file is read once; approximate as SUMMARIZE is."""
    duckdb, _ = duck()

    def work():
        _, connection = duck()
        source = f"read_csv('{file}')" if file.endswith(".csv") else f"read_parquet('{file}')"
        wanted = []
        for name, kind, *_ in connection.sql(f"DESCRIBE SELECT * FROM {source}").fetchall():
            name = f'"{name}"'
            wanted += [f"count({name})", f"approx_count_distinct({name})", f"min({name})", f"max({name})",
                       f"approx_top_k({name}, 10)"]
            if kind in ("BIGINT", "DOUBLE", "INTEGER"):
                wanted += [f"avg({name})", f"stddev_samp({name})",
                           f"approx_quantile({name}, [0.05, 0.25, 0.5, 0.75, 0.95])"]
        connection.sql(f"SELECT count(*), {', '.join(wanted)} FROM {source}").fetchall()

    samples = repeat(times, work)
    answer(f"DuckDB {duckdb.__version__}, same figures but the histogram (approximate, query alone)", samples,
           peak_megabytes=peak_megabytes())


def polars_profile(times, file):
    """What a profile tells of each column but for the findings; the file is read once, into memory."""
    import polars

    def work():
        is_csv = file.endswith(".csv")
        table = polars.read_csv(file, try_parse_dates=True) if is_csv else polars.read_parquet(file)
        expressions = []
        for name, kind in table.schema.items():
            column = polars.col(name)
            present = column.drop_nulls()
            expressions += [
                column.null_count().alias(f"{name} nulls"), present.n_unique().alias(f"{name} distinct"),
                column.min().alias(f"{name} min"), column.max().alias(f"{name} max"),
                present.value_counts(sort=True, name="times").head(10).implode().alias(f"{name} top"),
            ]
            if kind.is_numeric():
                expressions += [column.mean().alias(f"{name} mean"), column.std().alias(f"{name} std"),
                                present.hist(bin_count=24).implode().alias(f"{name} histogram")]
                expressions += [column.quantile(share, "linear").alias(f"{name} {share}")
                                for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
        table.lazy().select(polars.len(), *expressions).collect()

    samples = repeat(times, work)
    answer(f"polars {polars.__version__}, same figures (exact, query alone)", samples, peak_megabytes=peak_megabytes())


def to_parquet(times, file, out):
    import polars
    samples = repeat(times, lambda: polars.scan_csv(file, try_parse_dates=True).sink_parquet(out))
    answer(f"polars {polars.__version__} to Parquet", samples)


def broad_parquet(times, out, rows, columns):
    """No peer: only a table of many columns, which is quick to write and small."""
    import polars
    row = polars.col("row")
    columns = [((row // 50_000 * (nth + 3)) % 97).cast(polars.Int16).alias(f"measure_{nth:03}") for nth in range(int(columns) - 1)]
    frame = polars.LazyFrame({"row": polars.int_range(int(rows), eager=True)}).with_columns(columns)
    answer("polars", repeat(times, lambda: frame.sink_parquet(out, row_group_size=250_000)))


def line_count(times, file):
    """The whole process, as that is all there is."""
    import subprocess
    version = subprocess.run(["wc", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    samples = repeat(times, lambda: subprocess.run(["wc", "-l", file], capture_output=True, check=True))
    answer(f"{version}, wc -l (line ends, quoted or not)", samples, threads=1)


def mlp(times, file, epochs, batch, *hidden):
    import warnings

    import numpy
    import pandas
    import sklearn
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    table = pandas.read_csv(file)
    is_train = table.pop("part") == "train"
    target = table.pop("digit")
    scaler = StandardScaler().fit(table[is_train])
    inputs = scaler.transform(table[is_train]).astype(numpy.float32)
    warnings.simplefilter("ignore")
    epochs, batch, hidden = int(epochs), int(batch), tuple(map(int, hidden))
    models = []

    def fit():
        # A patience longer than the training: never stop before the last epoch.
        model = MLPClassifier(hidden, alpha=0, batch_size=batch, max_iter=epochs, tol=0.0, n_iter_no_change=epochs + 1)
        models.append(model.fit(inputs, target[is_train]))
        assert model.n_iter_ == epochs

    samples = repeat(times, fit)
    score = models[-1].score(scaler.transform(table[~is_train]).astype(numpy.float32), target[~is_train])
    answer(f"scikit-learn {sklearn.__version__} MLPClassifier", samples, score=score)


def connect(folder):
    import sqlite3
    connection = sqlite3.connect(os.path.join(folder, "metrics.db"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # The table of MLflow's SQL store.
    connection.execute(
        "CREATE TABLE IF NOT EXISTS metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL,"
        " timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL, step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL,"
        " PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan))")
    return connection


def write_points(connection, steps, batch):
    for first in range(1, steps + 1, batch):
        rows = []
        for step in range(first, min(first + batch, steps + 1)):
            for name, value in (("train/loss", 1 / step), ("learning_rate", 0.001)):
                rows.append((name, value, 1_700_000_000_000 + step, "r" * 32, step, False))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")


def sqlite_name(words):
    import sqlite3
    return f"SQLite {sqlite3.sqlite_version} from Python, {words}"


def points_write(times, steps, batch):
    def work():
        with tempfile.TemporaryDirectory() as folder:
            connection = connect(folder)
            write_points(connection, int(steps), int(batch))
            connection.close()

    answer(sqlite_name("MLflow's table, a row a point"), repeat(times, work), threads=1)


def points_read(times, steps, batch):
    with tempfile.TemporaryDirectory() as folder:
        connection = connect(folder)
        write_points(connection, int(steps), int(batch))
        query = "SELECT step, timestamp, value FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY step"

        def work():
            assert len(connection.execute(query, ("r" * 32, "train/loss")).fetchall()) == int(steps)

        samples = repeat(times, work)
        connection.close()
    answer(sqlite_name("every row of the series"), samples, threads=1)


def batch_predict(times, small, large, out):
    """Logistic regression over a large file in chunks, written beside the columns."""
    import pandas
    import sklearn
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = pandas.read_csv(small)
    names = [name for name in table.columns if name != "label"]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(table[names].to_numpy(), table["label"])

    def work():
        for number, chunk in enumerate(pandas.read_csv(large, chunksize=200_000)):
            probabilities = model.predict_proba(chunk[names].to_numpy())
            chunk["prediction"] = model.classes_[probabilities.argmax(axis=1)]
            for position, name in enumerate(model.classes_):
                chunk[f"probability_{name}"] = probabilities[:, position]
            chunk.to_csv(out, mode="a" if number else "w", header=not number, index=False)

    answer(f"pandas {pandas.__version__} in chunks, scikit-learn {sklearn.__version__}", repeat(times, work))


def window(_times, *_arguments):
    """A small window of another toolkit; it stays until it is ended, and answers nothing."""
    import tkinter
    from tkinter import ttk

    root = tkinter.Tk()
    root.title("peer")
    root.geometry("1280x800+0+0")
    ttk.Label(root, text="Open a file").pack(anchor="w", padx=20, pady=20)
    table = ttk.Treeview(root, columns=("name", "rows", "opened"), show="headings")
    for name in ("name", "rows", "opened"):
        table.heading(name, text=name)
    table.pack(fill="both", expand=True)
    root.mainloop()


def queries(times, name, ask, list_file):
    """Each question of a list so many times, the table opened before."""
    found = []
    with open(list_file, encoding="utf-8") as file:
        questions = json.load(file)
    for _, sql in questions:
        rows = len(ask(sql))
        found.append({"samples": repeat(times, lambda sql=sql: ask(sql)), "rows": rows})
    print(json.dumps({"name": name, "threads": CORES, "questions": found}))


def duckdb_queries(times, file, list_file):
    """Questions to a Parquet file, each read from it anew."""
    duckdb, connection = duck()
    connection.sql(f"CREATE VIEW t AS SELECT * FROM read_parquet('{file}')")
    queries(times, f"DuckDB {duckdb.__version__}, query alone", lambda sql: connection.sql(sql).fetchall(), list_file)


def polars_queries(times, file, list_file):
    """Questions to a Parquet file through polars' SQL, each read from it anew by its streaming engine."""
    import polars

    context = polars.SQLContext(t=polars.scan_parquet(file))

    def ask(sql):
        return context.execute(sql).collect(engine="streaming").rows()

    queries(times, f"polars {polars.__version__}, streaming, query alone", ask, list_file)


TASKS = [duckdb_first_rows, duckdb_queries, polars_queries, duckdb_summarize, duckdb_count, duckdb_profile, polars_statistics, polars_profile,
         to_parquet, broad_parquet, line_count, mlp, points_write,
         points_read, batch_predict, window]

if __name__ == "__main__":
    tasks = {task.__name__: task for task in TASKS}
    if len(sys.argv) < 3 or sys.argv[1] not in tasks:
        sys.exit(f"{__doc__}\nTasks: {', '.join(tasks)}")
    tasks[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
