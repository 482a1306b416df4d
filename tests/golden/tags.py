# SPDX-License-Identifier: MIT
# python3 tags.py > tags.txt
# Spans of tag sequences and their scores by seqeval 1.2.2, which reads them as conlleval does
# (mode=None). Lines: "spans TAGS | FIRST-LAST-TYPE ..." and "score GOLD | GIVEN | PRECISION RECALL
# F1 RIGHT_WORDS"; then the figures of all "score" lines together, and of each type.
import random
import warnings

from seqeval.metrics import (accuracy_score, classification_report, f1_score, precision_score,
                             recall_score)
from seqeval.metrics.sequence_labeling import get_entities

warnings.filterwarnings("ignore")
random.seed(5)
TAGS = ["O", "O", "O", "B-a", "I-a", "B-b", "I-b", "I-c"]


def draw(n, tags):
    return [random.choice(tags) for _ in range(n)]


sequences = [draw(random.randint(1, 9), TAGS) for _ in range(40)]
sequences += [draw(random.randint(1, 9), TAGS + ["S-a", "E-a", "E-b"]) for _ in range(20)]
for tags in sequences:
    spans = " ".join(f"{first}-{last}-{kind}" for kind, first, last in get_entities(tags))
    print("spans", " ".join(tags), "|", spans)
golds, givens = [], []
for _ in range(30):
    gold = draw(random.randint(2, 9), TAGS)
    given = [random.choice(TAGS) if random.random() < 0.25 else tag for tag in gold]
    golds.append(gold)
    givens.append(given)
    print("score", " ".join(gold), "|", " ".join(given))
print("all %.9f %.9f %.9f %.9f" % (precision_score(golds, givens), recall_score(golds, givens),
                                   f1_score(golds, givens), accuracy_score(golds, givens)))
report = classification_report(golds, givens, output_dict=True)
for kind in "abc":
    one = report[kind]
    print("type %s %.9f %.9f %.9f %d" % (kind, one["precision"], one["recall"], one["f1-score"],
                                         one["support"]))
