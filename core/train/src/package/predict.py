#!/usr/bin/env python3
"""Predicts the rows of a CSV file with the model in this folder.

    python predict.py rows.csv > predicted.csv

Needs Python 3.11 or newer and numpy. The model is three files: `preparation.json` says how
columns become numbers, `model.safetensors` holds the layers, and `signature.json` says
what comes out.
"""

import csv
import datetime
import json
import math
import os
import struct
import sys

import numpy

ACTIVATION = "@ACTIVATION@"
MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A"}
FOLDER = os.path.dirname(os.path.abspath(__file__))


def read_json(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return json.load(file)


def read_tensors():
    """The tensors of a safetensors file: a length, a JSON header, and the bytes."""
    with open(os.path.join(FOLDER, "model.safetensors"), "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            values = numpy.frombuffer(content[8 + length + start : 8 + length + end], dtype="<f4")
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def scaled(number, value):
    """A missing value (None) is filled, then everything is shifted and scaled."""
    value = float(number["impute"]) if value is None else value
    return (value - float(number["shift"])) / float(number["scale"])


def to_number(text):
    value = None if text is None else float(text)
    return value if value is not None and math.isfinite(value) else None


def to_boolean(text):
    return None if text is None else float(text.strip().lower() == "true")


def time_parts(text):
    """The parts of an ISO 8601 date, date and time, or time of day."""
    text = text.strip()
    if ":" in text and "-" not in text[1:5]:
        moment = datetime.time.fromisoformat(text if text[1] != ":" else "0" + text)
        second = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
        day = datetime.date(1970, 1, 1)
    else:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        second = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
        day = moment.date()
    whole = int(second)
    return {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "weekday": day.weekday(),
        "hour": whole // 3600,
        "minute": whole // 60 % 60,
        "second": whole % 60,
        "seconds": (day - datetime.date(1970, 1, 1)).days * 86400 + second,
    }


def encode(feature, text):
    """The numbers of one value; `text` is None where it is missing."""
    encoding = feature["encoding"]
    kind = encoding["kind"]
    if kind == "unused":
        return []
    missing = text is None
    if kind == "number":
        value = to_number(text)
        missing = value is None
        numbers = [scaled(encoding["number"], value)]
    elif kind == "boolean":
        value = to_boolean(text)
        numbers = [encoding["impute"] if value is None else value]
    elif kind == "one_hot":
        numbers = [float(text == category) for category in encoding["categories"]]
    else:
        parts = None if text is None else time_parts(text)
        numbers = [scaled(part["number"], parts and float(parts[part["part"]])) for part in encoding["parts"]]
    if feature["missing_indicator"]:
        numbers.append(float(missing))
    return numbers


def prepare(preparation, rows):
    """Rows (dictionaries of texts by column name) as a matrix of 32-bit floats."""
    matrix = []
    for row in rows:
        numbers = []
        for feature in preparation["features"]:
            text = row.get(feature["column"])
            numbers += encode(feature, None if text is None or text.strip() in MISSING else text)
        matrix.append(numbers)
    limit = numpy.finfo(numpy.float32).max
    return numpy.clip(numpy.array(matrix, dtype=numpy.float64), -limit, limit).astype(numpy.float32)


def activate(values):
    if ACTIVATION == "tanh":
        return numpy.tanh(values)
    if ACTIVATION == "gelu":
        inner = math.sqrt(2 / math.pi) * values * (1 + 0.044715 * values * values)
        return 0.5 * values * (1 + numpy.tanh(inner))
    return numpy.maximum(values, 0)


def forward(tensors, values):
    layers = len(tensors) // 2
    for layer in range(layers):
        values = values @ tensors[f"layers.{layer}.weight"].T + tensors[f"layers.{layer}.bias"]
        if layer + 1 < layers:
            values = activate(values)
    return values.astype(numpy.float64)


def predict(rows):
    """What the model says: a list of dictionaries, one for each row."""
    signature, preparation = read_json("signature.json"), read_json("preparation.json")
    outputs = forward(read_tensors(), prepare(preparation, rows)) if rows else []
    target, scale = signature["target"], signature["scale"]
    said = []
    for output in outputs:
        if target["task"] == "regression":
            said.append({"prediction": float(output[0]) * scale["std"] + scale["mean"]})
            continue
        if len(output) == 1:
            positive = 1 / (1 + math.exp(-max(min(output[0], 700), -700)))
            probabilities = numpy.array([1 - positive, positive])
        else:
            powers = numpy.exp(output - output.max())
            probabilities = powers / powers.sum()
        answer = {"prediction": target["classes"][int(probabilities.argmax())]}
        for name, probability in zip(target["classes"], probabilities):
            answer[f"probability_{name}"] = float(probability)
        said.append(answer)
    return said


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python predict.py rows.csv")
    with open(sys.argv[1], newline="", encoding="utf-8-sig") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max(",;\t", key=head.count)
        rows = list(csv.DictReader(file, delimiter=delimiter))
    writer = None
    for row, answer in zip(rows, predict(rows)):
        row.pop(None, None)
        row.update(answer)
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
