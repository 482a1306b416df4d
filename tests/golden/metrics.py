# SPDX-License-Identifier: MIT
"""Writes metrics.txt: predictions and what scikit-learn says about them.

    python3 tests/golden/metrics.py > tests/golden/metrics.txt

Made with scikit-learn 1.9 and numpy 2. Expected calibration error is not in scikit-learn: it is
written out here from its definition.
"""
import numpy
from sklearn import metrics

random = numpy.random.default_rng(7)


def show(*values):
    print(" ".join(f"{x:.9g}" for x in numpy.ravel(values)))


def classes(rows=200, labels=4):
    gold = random.integers(0, labels, rows)
    scores = random.normal(size=(rows, labels)) + 1.2 * numpy.eye(labels)[gold]
    values = numpy.exp(scores) / numpy.exp(scores).sum(1, keepdims=True)
    values = values.astype(numpy.float32)
    given, confidence = values.argmax(1), values.max(1).astype(float)
    print("class", rows, labels)
    for g, v in zip(gold, values):
        show(g, *v)
    edges = numpy.clip(numpy.ceil(confidence * 15).astype(int) - 1, 0, 14)
    ece = sum(
        abs((confidence[edges == b]).mean() - (gold == given)[edges == b].mean())
        * (edges == b).mean()
        for b in set(edges)
    )
    show(
        metrics.accuracy_score(gold, given),
        metrics.f1_score(gold, given, average="macro"),
        metrics.f1_score(gold, given, average="micro"),
        ece,
    )
    for row in zip(*metrics.precision_recall_fscore_support(gold, given)):
        show(*row)
    show(metrics.confusion_matrix(gold, given))


def sets(rows=60, labels=3):
    gold = random.integers(0, 2, (rows, labels))
    values = numpy.clip(0.3 * gold + random.uniform(0, 0.7, (rows, labels)), 0, 1)
    values = values.astype(numpy.float32)
    given = values > 0.5
    print("set", rows, labels)
    for g, v in zip(gold, values):
        show(*g, *v)
    show(
        metrics.accuracy_score(gold, given),
        metrics.f1_score(gold, given, average="macro"),
        metrics.f1_score(gold, given, average="micro"),
    )
    for row in zip(*metrics.precision_recall_fscore_support(gold, given)):
        show(*row)


def numbers(rows=50):
    gold = random.normal(3, 2, rows).astype(numpy.float32)
    values = (gold + random.normal(0, 1, rows)).astype(numpy.float32)
    print("number", rows, 1)
    for g, v in zip(gold, values):
        show(g, v)
    gold, values = gold.astype(float), values.astype(float)
    show(
        metrics.mean_squared_error(gold, values),
        metrics.mean_absolute_error(gold, values),
        metrics.r2_score(gold, values),
        numpy.corrcoef(gold, values)[0, 1],
    )


classes()
sets()
numbers()
