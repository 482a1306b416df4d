# SPDX-License-Identifier: MIT
"""TF-IDF with logistic regression and with a linear SVM, the classical baselines, on heed's splits.

usage: python bench/peers/tfidf.py TRAIN TEST TEXT LABEL   (columns from 1; .tsv or .csv, also .gz)

Each on words alone, then on words and pairs of words (of characters where the text is Chinese). The settings are
fixed, not tuned. Needs scikit-learn.
"""
import csv
import gzip
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC


def read(path, text, label):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        if ".csv" in path:
            rows = list(csv.reader(file))[1:]
        else:
            rows = [line.rstrip("\r\n").split("\t") for line in file]
    return [r[text - 1] for r in rows], [r[label - 1] for r in rows]


def main():
    train, test, text, label = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    x, y = read(train, text, label)
    u, v = read(test, text, label)
    chinese = sum(1 for c in "".join(x[:1000]) if "\u4e00" <= c <= "\u9fff") > len("".join(x[:1000])) / 3
    kind = {"analyzer": "char"} if chinese else {"token_pattern": r"\w+|[^\w\s]"}
    for longest in (1, 2):
        vectorizer = TfidfVectorizer(ngram_range=(1, longest), sublinear_tf=True, **kind)
        a, b = vectorizer.fit_transform(x), vectorizer.transform(u)
        for model in (LogisticRegression(C=10, max_iter=2000), LinearSVC(C=1)):
            right = sum(p == q for p, q in zip(model.fit(a, y).predict(b), v))
            name = "words and pairs" if longest == 2 else "words"
            print(f"{100 * right / len(v):.1f} % of {len(v)}: {name}, {type(model).__name__}")


main()
