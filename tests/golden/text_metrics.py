# SPDX-License-Identifier: MIT
"""Writes text_metrics.txt: texts, their tokens, and what sacreBLEU and rouge_score say about them.

    python3 tests/golden/text_metrics.py > tests/golden/text_metrics.txt

Made with sacrebleu 2.6.0 and rouge_score 0.1.2 on Python 3.11. rouge_score drops all but a-z and digits;
where a text has Chinese characters or kana it is given a tokenizer that keeps them too, one by one. A block "texts NAME SEGMENTS" is followed by three lines
for each segment: a hypothesis and two references. Then come, for the texts above them:

    tokens NAME            and the hypotheses' tokens, a line each
    score METRIC TOKENIZE lc|mixed SMOOTH VALUE EFFECTIVE REFERENCES
                           and a line with the signature (without the version), a line with the score
                           and figures, a line with the segments' scores
"""
import logging
import re
from itertools import product

from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF, TER

logging.disable()

# (hypothesis, reference, other reference)
TEXTS = {
    "english": [
        ("The ferry leaves at 7:45, doesn't it?", "The ferry leaves at 7:45, does it not?",
         "Doesn't the ferry leave at 7:45?"),
        ("He paid 1,000.5 dollars (or 1.000,5?) for it.", "He paid $1,000.5 for it.",
         "He paid 1,000.50 dollars for it."),
        ('She said: "Tom & Ann are well-known."', "She said, &quot;Tom &amp; Ann are well-known.&quot;",
         "She said: “Tom & Ann are well known.”"),
        ("", "Nothing was said.", ""),
        ("Yes", "Yes.", "No."),
        ("the the the the the the the", "the cat is on the mat", "there is a cat on the mat"),
        ("A 10-year-old's 5-6 apples cost 3.5% more...", "A ten-year-old's 5-6 apples cost 3.5 % more…",
         "5-6 apples of a 10-year-old cost 3.5% more."),
        ("x < y &lt;= z &amp;lt; w, 50 % of [all] {cases}/days", "x < y <= z < w, 50% of [all] {cases}/days",
         "x<y<=z<w, 50 % of all cases/days"),
        ("Good morning \N{GRINNING FACE}\N{GRINNING FACE}!", "Good morning! \N{GRINNING FACE}",
         "Good morning \N{GRINNING FACE} everyone!"),
        ("It was <skipped> a sunny day in St. Ives .", "It was a sunny day in St. Ives.",
         "The day in St. Ives was sunny."),
        ("We met on 12.5.2019, at the old mill by the river.", "We met at the old mill by the river on 12.5.2019.",
         "On 12.5.2019 we met at the old mill by the river."),
        ("nothing shared here whatsoever", "completely different words stand there", "and also in this one"),
    ],
    "german": [
        ("Der Müller mahlt das Korn für den Bäcker.", "Der Müller mahlt Korn für den Bäcker.",
         "Das Korn für den Bäcker mahlt der Müller."),
        ("„Straße“ schreibt man mit ß, nicht STRASSE!", "„Straße“ schreibt man mit ß – nicht: STRASSE!",
         "Man schreibt „Straße“ mit ß, nicht „STRASSE“."),
        ("Das kostet 1.234,56 €, also ca. 5-mal so viel.", "Das kostet 1.234,56 €, d. h. etwa das 5-fache.",
         "Es kostet 1.234,56 EUR, also etwa 5-mal so viel."),
        ("ÄPFEL und Öl", "Äpfel und Öl", "äpfel UND öl"),
        ("Am 3. Oktober 1990 fuhren wir nach Köln", "Am 3. Oktober 1990 fuhren wir nach Köln.",
         "Wir fuhren am 3. Oktober 1990 nach Köln."),
        ("Wohin?", "Wohin gehst du?", "Wo gehst du hin?"),
    ],
    "french": [
        ("L’été, j'aime nager : l'eau est tiède !", "L’été, j’aime nager\u00a0: l’eau est tiède\u202f!",
         "En été, j'aime nager: l'eau est tiède!"),
        ("Où est-ce qu'il a mis ses 2 500,75 euros ?", "Où a-t-il mis ses 2\u00a0500,75 euros\u00a0?",
         "Où est-ce qu’il a mis ses 2500,75 € ?"),
        ("« Ça va », dit-elle.", "«\u00a0Ça va\u00a0», a-t-elle dit.", "“Ça va”, dit-elle."),
        ("Le cœur naïf d'une mère", "Le cœur naïf d’une mère", "Un cœur de mère, naïf"),
        ("e\u0301cole et école", "école et e\u0301cole", "l'école"),
    ],
    "chinese": [
        ("今天天气很好,我们去公园吧。", "今天天气很好，我们去公园吧。", "天气真好！去公园怎么样？"),
        ("他花了１,０００.5元买iPhone 15手机。", "他花了1,000.5元买了iPhone15手机。", "他用1000.5元买了一部手机（iPhone 15）。"),
        ("《红楼梦》是本好书", "《红楼梦》是一本好书。", "《紅樓夢》是本好書。"),
        ("ＨＥＬＬＯ　世界", "HELLO 世界", "你好，世界"),
        ("我", "我们", "你"),
        ("𠮷野家很好吃😀→对吗？", "𠮷野家很好吃😀→对吧？", "吉野家好吃！"),
        ("カタカナとひらがなと漢字", "ひらがなとカタカナと漢字", "漢字とカナ"),
    ],
    "moved": [
        ("on the hill the old house stands", "the old house stands on the hill", "an old house stands there"),
        ("a b c d e f g h", "e f g h a b c d", "h g f e d c b a"),
        ("he bought yesterday a new very red car in town", "yesterday he bought a very new red car in town",
         "in town he bought a new red car"),
        ("x y x y x y z x", "y x z x y x y x", "x"),
        ("one two", "two one two one two one two one two one two one", "one"),
        ("we saw in the garden behind the house at night under the tree a cat and a dog and a bird and a fox",
         "at night we saw a fox and a bird and a dog and a cat under the tree in the garden behind the house",
         "a cat we saw"),
        ("a a a b a a a c a a a", "c a a a b a a a", "b a c"),
    ],
    "others": [
        ("ΟΔΥΣΣΕΥΣ ΚΑΙ ΣΟΦΟΣ Σ", "Οδυσσευς και σοφος σ", "οδυσσεύς και σοφός"),
        ("İstanbul'da IĞDIR", "i̇stanbul'da ığdır", "İSTANBUL'DA"),
        ("½ + ² = ٣٫٥ × Ⅳ", "½ + ² = ٣٫٥ × ⅳ", "1/2 + 2"),
        ("a_b^c ~ `d` | \\e\\ @f #g *h=i;j:k", "a_b^c ~ 'd' | \\e\\ @f #g *h=i;j:k", "abc"),
        (".,.,5,.5.,-5-,-", ".,.,5,.5.,-5-,-.", ",."),
        ("one\u2028two\u3000three\x1cfour\x85five", "one two three four five", "one\u00a0two three"),
        ("tail \u2003 ", "tail", " tail"),
        ("naïve\u200bzero\ufeffwidth", "naïve zero width", "naïvezerowidth"),
    ],
}


def show(values):
    print(" ".join(f"{v:.12g}" for v in values))


def corpus(metric, hypotheses, references):
    result = metric.corpus_score(hypotheses, references)
    print(metric.get_signature().format().rsplit("|", 1)[0])
    return result


def bleu(hypotheses, references, tokenize, case, smooth, value, effective):
    options = dict(tokenize=tokenize, lowercase=case == "lc", smooth_method=smooth, smooth_value=value)
    print("score bleu", tokenize, case, smooth, value or 0, int(effective), len(references))
    metric = BLEU(effective_order=effective, **options)
    result = corpus(metric, hypotheses, references)
    # Counts and totals as they are before smoothing: add-k changes them in place.
    plain = BLEU(tokenize=tokenize, lowercase=case == "lc").corpus_score(hypotheses, references)
    show([result.score, result.bp, result.sys_len, result.ref_len, *result.precisions,
          *plain.counts, *plain.totals])
    segments = BLEU(effective_order=effective, **options)
    show(segments.sentence_score(h, list(r)).score for h, *r in zip(hypotheses, *references))


def chrf(name, hypotheses, references, case):
    print("score", name, "-", case, "- 0 0", len(references))
    metric = CHRF(word_order=2 if name == "chrf++" else 0, lowercase=case == "lc")
    show([corpus(metric, hypotheses, references).score])
    show(metric.sentence_score(h, list(r)).score for h, *r in zip(hypotheses, *references))


def ter(hypotheses, references):
    print("score ter - lc - 0 0", len(references))
    metric = TER()
    result = corpus(metric, hypotheses, references)
    show([result.score, result.num_edits, result.ref_length])
    show(metric.sentence_score(h, list(r)).score for h, *r in zip(hypotheses, *references))


class AlsoChinese:
    pattern = re.compile(
        "[a-z0-9]+|[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
        "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af]")

    def tokenize(self, text):
        return self.pattern.findall(text.lower())


def rouge(name, hypotheses, references, tokenizer):
    print("score", name, "- lc - 0 0", len(references))
    print(f"nrefs:{len(references)}|case:lc|tok:rouge|stem:no")
    scorer = RougeScorer([name], tokenizer=tokenizer)
    rows = [scorer.score_multi(r, h)[name] for h, *r in zip(hypotheses, *references)]
    show(100 * sum(getattr(row, what) for row in rows) / len(rows)
         for what in ("fmeasure", "precision", "recall"))
    show(100 * row.fmeasure for row in rows)


def main():
    for name, rows in TEXTS.items():
        print("texts", name, len(rows))
        for row in rows:
            print("\n".join(row))
        hypotheses, first, second = (list(column) for column in zip(*rows))
        for tokenize in "13a", "intl", "zh", "char", "none":
            print("tokens", tokenize)
            for line in hypotheses:
                tokens = BLEU(tokenize=tokenize)._preprocess_segment(line).split()
                print(" ".join(tokens))
        print("tokens rouge")
        for line in hypotheses:
            print(" ".join(AlsoChinese().tokenize(line)))
        for references in [first], [first, second]:
            for metric, case in product(("chrf", "chrf++"), ("mixed", "lc")):
                chrf(metric, hypotheses, references, case)
            ter(hypotheses, references)
            for metric in "rouge1", "rouge2", "rougeL":
                rouge(metric, hypotheses, references, AlsoChinese() if name == "chinese" else None)
            for tokenize, case in product(("13a", "intl", "zh", "char", "none"), ("mixed", "lc")):
                bleu(hypotheses, references, tokenize, case, "exp", None, False)
            for smooth, value in ("floor", None), ("floor", 0.02), ("add-k", None), ("add-k", 0.5), ("none", None):
                bleu(hypotheses, references, "13a", "mixed", smooth, value, False)
            bleu(hypotheses, references, "13a", "mixed", "exp", None, True)
            bleu(hypotheses, references, "13a", "lc", "floor", None, True)


main()
