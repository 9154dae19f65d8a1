"""Compares the profile with pandas, scipy and Python's csv on the same files.

    truths.py --aloft PROGRAM [--spectrum FOLDER]

Real tables: scikit-learn's and those that come with vega_datasets, each as CSV and as Parquet. What is exact must be
equal to 1e-9. Made tables with more different values than are kept: what is approximate must be marked so, and within
its bounds. What columns have to do with a target: as scipy.stats and scikit-learn compute it. A corpus of unusual CSV: every value as Python's csv reads it, or a refusal that names the line.
"""
import argparse
import collections
import csv
import gzip
import io
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import pandas
import scipy.stats
import scipy.stats.contingency
import sklearn.metrics

FIGURES = 1e-9
# As the documentation of `Approximate` has them.
DISTINCT, RANK = 0.025, 0.003
SHARES = {"0.05": 0.05, "0.25": 0.25, "0.5": 0.5, "0.75": 0.75, "0.95": 0.95}

faults = []
checks = 0


def check(what, found, expected, tolerance=0.0):
    global checks
    checks += 1
    if isinstance(expected, float) and isinstance(found, (int, float)):
        if math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance * 1e-3):
            return
    elif found == expected:
        return
    faults.append(f"{what}: found {found!r}, expected {expected!r}")


class Aloft:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def profile(self, path, *more):
        command = [self.program, "profile", path, *more, "--workspace", self.folder / "workspace", "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        return json.loads(done.stdout.strip().split("\n")[-1])


def columns(profile):
    return {column["name"]: column for column in profile["columns"]}


def check_numbers(what, found, values):
    values = pandas.Series(values.dropna().astype(float).to_numpy())
    values = values[numpy.isfinite(values)]
    if values.empty:
        return
    check(f"{what} min", float(found["min"]), float(values.min()), FIGURES)
    check(f"{what} max", float(found["max"]), float(values.max()), FIGURES)
    check(f"{what} mean", found["mean"], float(values.mean()), FIGURES)
    if len(values) > 1:
        check(f"{what} std", found["std"], float(values.std()), FIGURES)
    if len(values) > 3 and values.nunique() > 1:
        # Around zero these are differences of large numbers.
        numbers = values.to_numpy()
        skew, kurtosis = scipy.stats.skew(numbers, bias=False), scipy.stats.kurtosis(numbers, bias=False)
        check(f"{what} skew", round(found["skew"], 7), round(float(skew), 7), 1e-6)
        check(f"{what} kurtosis", round(found["kurtosis"], 7), round(float(kurtosis), 7), 1e-6)
    quantiles = {key: float(values.quantile(share)) for key, share in SHARES.items()}
    for key, expected in quantiles.items():
        check(f"{what} quantile {key}", found["quantiles"][key], expected, FIGURES)
    reach = 1.5 * (quantiles["0.75"] - quantiles["0.25"])
    inside = values.between(quantiles["0.25"] - reach, quantiles["0.75"] + reach)
    check(f"{what} outliers", found["outliers"], int((~inside).sum()))
    check(f"{what} zeros", found["zeros"], int((values == 0).sum()))
    check(f"{what} negatives", found["negatives"], int((values < 0).sum()))
    histogram = found["histogram"]
    edges = histogram["edges"]
    expected, _ = numpy.histogram(values, bins=edges)
    check(f"{what} histogram", histogram["counts"], expected.tolist())


def check_texts(what, found, values):
    lengths = values.str.len()
    text = found["text"]
    check(f"{what} shortest", text["shortest"], int(lengths.min()))
    check(f"{what} longest", text["longest"], int(lengths.max()))
    check(f"{what} mean length", text["mean_length"], float(lengths.mean()), FIGURES)
    check(f"{what} smallest", found["min"], min(values, key=str.encode)[:200])


def check_table(what, profile, table):
    check(f"{what} rows", profile["rows"], len(table))
    found = columns(profile)
    check(f"{what} columns", list(found), [str(name) for name in table.columns])
    if "repeats" in profile and what.endswith("parquet"):
        check(f"{what} repeated rows", profile["repeats"]["rows"], int(table.duplicated().sum()))
    for name in table.columns:
        column, values = found.get(str(name)), table[name]
        if column is None:
            continue
        where = f"{what} '{name}'"
        check(f"{where} nulls", column["nulls"] + column["nan"], int(values.isna().sum()))
        check(f"{where} approximate", column.get("approximate"), None)
        present = values.dropna()
        check(f"{where} distinct", column["distinct"] - (1 if column["nan"] else 0), int(present.nunique()))
        counts = sorted((count for count in present.value_counts().head(10)), reverse=True)
        told = [top["count"] for top in column["top"] if top["value"] != "NaN"]
        check(f"{where} top", told[:9], [int(count) for count in counts][:len(told)][:9])
        if column["type"] in ("integer", "float"):
            check_numbers(where, column, values)
        elif column["type"] == "string" and len(present) and isinstance(present.iloc[0], str):
            check_texts(where, column, present)
        elif column["type"] in ("date", "datetime"):
            times = pandas.to_datetime(present)
            check(f"{where} first", pandas.Timestamp(column["min"]), times.min())
            check(f"{where} last", pandas.Timestamp(column["max"]), times.max())
            if column.get("calendar"):
                check(f"{where} calendar", sum(part["count"] for part in column["calendar"]["counts"]), len(times))


def real_tables():
    import sklearn.datasets
    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud"):
        yield f"scikit-learn {name}", getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame
    from vega_datasets import local_data
    for name in ("airports", "anscombe", "barley", "burtin", "cars", "crimea", "driving", "iowa_electricity", "la_riots",
                 "seattle_temps", "seattle_weather", "sf_temps", "stocks"):
        yield f"vega {name}", getattr(local_data, name)()


def check_real(aloft):
    for name, table in real_tables():
        for column in table.columns:
            if str(table[column].dtype).startswith("string"):
                table[column] = table[column].astype(object).where(table[column].notna(), None)
        path = aloft.folder / name.replace(" ", "-")
        table.to_parquet(f"{path}.parquet", index=False)
        check_table(f"{name} parquet", aloft.profile(f"{path}.parquet"), pandas.read_parquet(f"{path}.parquet"))
        table.to_csv(f"{path}.csv", index=False)
        found = aloft.profile(f"{path}.csv")
        # Only what means the same in both: an empty cell is missing.
        read = pandas.read_csv(f"{path}.csv", keep_default_na=False, na_values=["", "NA", "NaN", "N/A", "null"])
        check_table(f"{name} csv", found, read)


def check_sketches(aloft):
    """Forty columns leave little room for each, so that the others are too many to keep."""
    rows = 400_000
    generator = numpy.random.default_rng(3)
    zipf = numpy.minimum(generator.zipf(1.3, rows), 10**9)
    made = {
        "normal": generator.normal(size=rows),
        "lognormal": numpy.exp(generator.normal(0, 3, rows)),
        "far": 1.7e9 + generator.uniform(0, 86_400, rows),
        "zipf": zipf,
        "half": numpy.where(generator.random(rows) < 0.5, 0.0, generator.normal(size=rows)),
        "rising": numpy.arange(rows) * 3,
        "wide": generator.integers(-10**9, 10**9, rows),
        "code": [f"{value:012x}" for value in generator.integers(0, 2**45, rows)],
        "user": [f"user {value}" for value in zipf],
        **{f"c{number}": numpy.zeros(rows, int) for number in range(31)},
    }
    table = pandas.DataFrame(made)
    for kind in ("csv", "parquet"):
        path = aloft.folder / f"made.{kind}"
        table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path, index=False)
        profile = aloft.profile(path)
        check(f"made {kind} rows", profile["rows"], rows)
        found = columns(profile)
        for name in ("normal", "lognormal", "far", "half", "wide", "code"):
            check(f"made {kind} '{name}' says it is approximate", found[name]["approximate"]["distinct"], True)
        check(f"made {kind} 'rising' is known to be exact", found["rising"]["distinct"], rows)
        for name, values in table.items():
            column, where = found[name], f"made {kind} '{name}'"
            exact = int(values.nunique())
            if abs(column["distinct"] - exact) > DISTINCT * exact:
                faults.append(f"{where} distinct: found {column['distinct']}, expected about {exact}")
            if column["type"] == "string":
                check(f"{where} mean length", column["text"]["mean_length"], float(values.str.len().mean()), FIGURES)
                check_top(where, column, values)
                continue
            check(f"{where} mean", column["mean"], float(values.mean()), FIGURES)
            check(f"{where} std", column["std"], float(values.std()), FIGURES)
            check(f"{where} min", float(column["min"]), float(values.min()), FIGURES)
            check(f"{where} max", float(column["max"]), float(values.max()), FIGURES)
            ordered = numpy.sort(values.to_numpy().astype(float))
            for key, share in SHARES.items():
                value = column["quantiles"][key]
                low = numpy.searchsorted(ordered, value, "left") / rows
                high = numpy.searchsorted(ordered, value, "right") / rows
                if not low - RANK <= share <= high + RANK:
                    faults.append(f"{where} quantile {key}: {value} stands at {low} to {high}")
            counts = column["histogram"]["counts"]
            check(f"{where} histogram", sum(counts), rows)
            exact, _ = numpy.histogram(values, bins=column["histogram"]["edges"])
            worst = max(abs(found - exact) for found, exact in zip(counts, exact.tolist()))
            if worst > 0.005 * rows:
                faults.append(f"{where} histogram: a bin is {worst} off")
            check_top(where, column, values)
        again = aloft.profile(path)
        check(f"made {kind} twice is the same", again, profile)


def binned(values, count=10):
    ordered = numpy.sort(values)
    edges = numpy.unique([ordered[part * len(ordered) // count] for part in range(1, count)])
    return numpy.searchsorted(edges, values, side="right")


def check_relation(where, relation, column, goal, goal_is_class):
    known = column.notna() & goal.notna()
    column, goal = column[known], goal[known]
    check(f"{where} rows", relation["rows"], len(column))
    is_number = column.dtype.kind in "iuf"
    as_number = [values if is_class else binned(values.astype(float).to_numpy())
                 for values, is_class in ((column, not is_number), (goal, goal_is_class))]
    shared = float(sklearn.metrics.mutual_info_score(as_number[0], as_number[1]))
    check(f"{where} mutual information", relation["mutual_information"], shared, 1e-7)
    if is_number and not goal_is_class:
        check(f"{where} test", relation["test"], "correlation")
        for name, expected in (("pearson", scipy.stats.pearsonr(column, goal)),
                               ("spearman", scipy.stats.spearmanr(column, goal))):
            check(f"{where} {name}", relation[name], float(expected.statistic), 1e-7)
            check(f"{where} {name} p", relation[f"{name}_p"], float(expected.pvalue), 1e-6)
    elif not is_number and goal_is_class:
        check(f"{where} test", relation["test"], "chi_squared")
        table = pandas.crosstab(column.astype(str), goal.astype(str))
        expected = scipy.stats.chi2_contingency(table, correction=False)
        check(f"{where} statistic", relation["statistic"], float(expected.statistic), FIGURES)
        check(f"{where} degrees", relation["degrees"], int(expected.dof))
        check(f"{where} p", relation["p"], float(expected.pvalue), 1e-6)
        check(f"{where} V", relation["cramers_v"], float(scipy.stats.contingency.association(table, method="cramer")), FIGURES)
        check(f"{where} few expected", relation["few_expected"], float((expected.expected_freq < 5).mean()), FIGURES)
    else:
        check(f"{where} test", relation["test"], "anova")
        numbers, groups = (column, goal) if is_number else (goal, column)
        parts = [part.to_numpy() for _, part in numbers.astype(float).groupby(groups.astype(str))]
        expected = scipy.stats.f_oneway(*parts)
        check(f"{where} F", relation["f"], float(expected.statistic), 1e-7)
        check(f"{where} p", relation["p"], float(expected.pvalue), 1e-6)
        between = sum(len(part) * (part.mean() - numbers.mean()) ** 2 for part in parts)
        whole = float(((numbers - numbers.mean()) ** 2).sum())
        check(f"{where} eta squared", relation["eta_squared"], float(between / whole), 1e-7)


def check_relations(aloft):
    """Every column of real tables against a target of numbers and one of classes."""
    tables = dict(real_tables())
    for name, target in (("scikit-learn wine", "target"), ("scikit-learn diabetes", "target"), ("vega cars", "Origin"),
                         ("scikit-learn breast_cancer", "mean radius"), ("scikit-learn breast_cancer", "target"),
                         ("vega cars", "Miles_per_Gallon"), ("vega barley", "site"), ("vega barley", "yield"),
                         ("vega seattle_weather", "weather"), ("scikit-learn digits", "target")):
        table = tables[name]
        path = aloft.folder / f"{name.replace(' ', '-')}-related.parquet"
        table.to_parquet(path, index=False)
        table = pandas.read_parquet(path)
        relations = aloft.profile(path, "--target", target)["relations"]
        check(f"{name} rows", relations["rows"], len(table))
        compared = [relation["column"] for relation in relations["columns"]]
        left = [part["column"] for part in relations["left_out"]]
        check(f"{name} columns", sorted(compared + left), sorted(set(table.columns) - {target}))
        for part in relations["left_out"]:
            values = table[part["column"]]
            if values.nunique() > 1 and (values.dtype.kind in "iuf" or values.nunique() <= 200):
                faults.append(f"{name} '{part['column']}' is left out: {part['why']}")
        for relation in relations["columns"]:
            column = table[relation["column"]]
            if column.dtype.kind != "M":
                where = f"{name} '{relation['column']}' to '{target}'"
                check_relation(where, relation, column, table[target], relations["target_is_class"])


def check_top(where, column, values):
    exact = values.value_counts()
    by_text = {str(value): int(count) for value, count in exact.head(100).items()}
    for top in column["top"]:
        expected = by_text.get(top["value"], by_text.get(top["value"] + ".0"))
        if expected is None:
            if top["count"] > 1 and int(exact.iloc[0]) > 1:
                faults.append(f"{where} top: {top} is not frequent")
        elif abs(top["count"] - expected) > 0.005 * len(values):
            faults.append(f"{where} top: {top['value']} has {top['count']}, expected {expected}")


def expected_columns(text, delimiter=","):
    """Each column's values as Python's csv has them."""
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    return header, rows


def check_csv(aloft, what, path, text):
    header, rows = expected_columns(text)
    profile = aloft.profile(path)
    if "columns" not in profile:
        faults.append(f"{what}: refused with {profile}")
        return
    check(f"{what} rows", profile["rows"], len(rows))
    check(f"{what} names", [column["name"] for column in profile["columns"]], header)
    for place, column in enumerate(profile["columns"]):
        values = collections.Counter(row[place] if place < len(row) else "" for row in rows)
        if column["type"] != "string" or len(values) > 10:
            continue
        missing = values.pop("", 0)
        found = {top["value"]: top["count"] for top in column["top"]}
        missing_found = column["nulls"] + found.pop("", 0)
        check(f"{what} '{column['name']}'", (found, missing_found), (dict(values), missing))


def spectrum(aloft, folder):
    files = sorted((folder / "csvs").glob("*.csv"))
    if not files:
        sys.exit(f"There is no csv-spectrum in {folder}: run `make rigs`")
    for path in files:
        check_csv(aloft, f"csv-spectrum {path.name}", path, path.read_bytes().decode())


def written(rows, **more):
    text = io.StringIO(newline="")
    csv.writer(text, **more).writerows(rows)
    return text.getvalue()


def in_two(pack):
    """As programs write that add to a file."""
    return lambda data: pack(data[: len(data) // 3]) + pack(data[len(data) // 3 :])


def fuzzed(rng):
    """Rows of values that are hard to tell apart from the signs between them."""
    signs = ["a", "b", " ", ",", '"', "\n", "\r\n", ";", "'", "é", "\t", "x"]
    value = lambda: "v" + "".join(rng.choice(signs) for _ in range(rng.randrange(8)))
    width = rng.randrange(2, 6)
    return written([[f"c{place}" for place in range(width)]] + [[value() for _ in range(width)] for _ in range(60)])


def torture(aloft):
    rng = random.Random(5)
    pieces = ["plain", "with, comma", 'with "quotes"', "two\nlines", "cr\r\nlf", " spaces ", "", "ünïcödé", "数字 ✓", "'single'",
              '""', ",", "\t", "a" * 300, "=1+2", "tab\tinside"]
    rows = [["a", "b", "c"]] + [[f"x{rng.choice(pieces)}", rng.choice(pieces[:9]), rng.choice(["u", "v", "w"])]
                                for _ in range(500)]
    plain = written(rows)
    for name, data, text in [
        ("quotes", plain.encode(), plain),
        ("all-quoted", written(rows, quoting=csv.QUOTE_ALL).encode(), plain),
        ("unix-ends", written(rows, lineterminator="\n").encode(), plain),
        ("no-last-end", plain.rstrip("\r\n").encode(), plain),
        ("bom", b"\xef\xbb\xbf" + plain.encode(), plain),
        ("utf-16-le", b"\xff\xfe" + plain.encode("utf-16-le"), plain),
        ("utf-16-be", b"\xfe\xff" + plain.encode("utf-16-be"), plain),
    ]:
        path = aloft.folder / f"{name}.csv"
        path.write_bytes(data)
        check_csv(aloft, f"torture {name}", path, text)
    latin = written([["name", "n"]] + [[rng.choice(["Zoë", "Müller", "façade", "naïve", "plain"]), "x"] for _ in range(300)])
    path = aloft.folder / "latin-1.csv"
    path.write_bytes(latin.encode("latin-1"))
    check_csv(aloft, "torture latin-1", path, latin)
    ragged = "a,b,c\n" + "".join(rng.choice(["x,y,z\n", "x,y\n", "x\n", "x,y,z,more\n"]) for _ in range(400))
    path = aloft.folder / "ragged.csv"
    path.write_bytes(ragged.encode())
    check_csv(aloft, "torture ragged", path, ragged)
    wide = written([[f"c{place}" for place in range(10_000)]] + [[f"v{(row * place) % 7}" for place in range(10_000)]
                                                                for row in range(30)])
    path = aloft.folder / "wide.csv"
    path.write_bytes(wide.encode())
    check_csv(aloft, "torture 10,000 columns", path, wide)
    for name, pack in [("quotes.csv.gz", gzip.compress), ("two-members.csv.gz", in_two(gzip.compress))]:
        path = aloft.folder / name
        path.write_bytes(pack(plain.encode()))
        check_csv(aloft, f"torture {name}", path, plain)
    for name, delimiter in [("semicolons", ";"), ("bars", "|"), ("tabs", "\t")]:
        path = aloft.folder / f"{name}.csv"
        path.write_bytes(written(rows, delimiter=delimiter).encode())
        check_csv(aloft, f"torture {name}", path, plain)
    path = aloft.folder / "single-quotes.csv"
    path.write_bytes(written([[f"v {cell}" for cell in row] for row in rows], quotechar="'", quoting=csv.QUOTE_ALL).encode())
    check_csv(aloft, "torture single quotes", path, written([[f"v {cell}" for cell in row] for row in rows]))
    for number in range(20):
        made = fuzzed(random.Random(number))
        path = aloft.folder / f"fuzzed-{number}.csv"
        path.write_bytes(made.encode())
        check_csv(aloft, f"torture fuzzed {number}", path, made)
    long = "a,b\nx," + "y" * (20 << 20) + "\nz,w\n"
    path = aloft.folder / "long.csv"
    path.write_text(long)
    found = aloft.profile(path)
    check("torture 20 MB value", found["rows"], 2)
    check("torture 20 MB value length", columns(found)["b"]["text"]["longest"], 20 << 20)
    # A line that no table has is refused by its number.
    with open(path, "w") as file:
        file.write("a,b\nx,y\n")
        for _ in range(80):
            file.write("y" * (1 << 20))
    found = aloft.profile(path)
    check("torture 80 MB line is refused", "line 3" in found.get("error", {}).get("message", ""), True)
    with open(path, "w") as file:
        file.write("a,b\nx,y\n")
        for _ in range(1024):
            file.write("y" * (1 << 20))
    found = aloft.profile(path)
    check("torture 1 GB line is refused", "line 3" in found.get("error", {}).get("message", ""), True)
    path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aloft", required=True, type=pathlib.Path)
    parser.add_argument("--spectrum", type=pathlib.Path, help="the npm package csv-spectrum")
    parser.add_argument("--only", choices=["real", "made", "relations", "csv"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        aloft = Aloft(given.aloft, pathlib.Path(folder))
        if given.only in (None, "real"):
            check_real(aloft)
        if given.only in (None, "made"):
            check_sketches(aloft)
        if given.only in (None, "relations"):
            check_relations(aloft)
        if given.only in (None, "csv"):
            if given.spectrum:
                spectrum(aloft, given.spectrum)
            torture(aloft)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{checks:,} figures compared, {len(faults)} wrong")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
