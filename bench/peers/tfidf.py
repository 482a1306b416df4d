# SPDX-License-Identifier: MIT
"""TF-IDF with logistic regression, the classical baseline, on heed's splits.

usage: python bench/peers/tfidf.py TRAIN TEST TEXT LABEL   (columns from 1; .tsv or .csv, also .gz)

Words and pairs of words (of characters where the text is Chinese); needs scikit-learn.
"""
import csv
import gzip
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression


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
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, analyzer="char" if chinese else "word", token_pattern=r"\w+|[^\w\s]"
    )
    model = LogisticRegression(C=10, max_iter=2000).fit(vectorizer.fit_transform(x), y)
    right = sum(a == b for a, b in zip(model.predict(vectorizer.transform(u)), v))
    print(f"{100 * right / len(v):.1f} % of {len(v)}")


main()
