# SPDX-License-Identifier: MIT
# Softmax attention by its definition, in awk's doubles, for heed attend to be compared with:
#     awk -f attend.awk -v B=2 -v H=4 -v K=2 -v Q=5 -v T=7 -v D=4 -v E=3 [RULES] -v out=o q k v
# q, k, v: files with a number a line, [B, H, Q, D], [B, K, T, D], [B, K, T, E]. out: o, lse, p, s.
# Rules: scale, cap, causal=1, offset, left and right (a window), lengths ("3 7", of keys), queries
# (likewise), bias (a file [Q, T]; -inf hides), sinks ("0.5 1 ..", a head each), ids ("0 0 1 ..", of
# rows: documents of [B, T], Q = T), slopes (of ALiBi).

function file_into(name, to,    line, n) {
    while ((getline line < name) > 0) to[n++] = line
    close(name)
}

function seen(b, i, j,    p) {
    p = i + offset
    if (lengths != "" && j >= length_of[b + 1]) return 0
    if (causal && j > p) return 0
    if (left != "" && left >= 0 && j < p - left) return 0
    if (right != "" && right >= 0 && j > p + right) return 0
    if (bias != "" && added[i * T + j] == "-inf") return 0
    if (ids != "" && id[b * T + i + 1] != id[b * T + j + 1]) return 0
    return 1
}

function score(b, h, i, j,    d, s, g, x) {
    g = int(h / (H / K))
    for (d = 0; d < D; d++)
        s += q[((b * H + h) * Q + i) * D + d] * k[((b * K + g) * T + j) * D + d]
    s *= scale != "" ? scale : 1 / sqrt(D)
    if (cap != "") { x = exp(2 * s / cap); s = cap * (x - 1) / (x + 1) }
    if (bias != "") s += added[i * T + j]
    if (slopes != "") s -= slope[h + 1] * (i + offset < j ? j - i - offset : i + offset - j)
    return s
}

function row(b, h, i,    j, top, sum, e, g, o, s, p, any) {
    g = int(h / (H / K))
    top = "none"
    for (j = 0; j < T; j++)
        if (seen(b, i, j)) {
            s[j] = score(b, h, i, j)
            if (top == "none" || s[j] > top) top = s[j]
        }
    any = top != "none" && (queries == "" || i < query_length[b + 1])
    if (sinks != "" && any) { if (sink[h + 1] > top) top = sink[h + 1]; sum = exp(sink[h + 1] - top) }
    for (j = 0; j < T; j++) p[j] = any && seen(b, i, j) ? exp(s[j] - top) : 0
    for (j = 0; j < T; j++) sum += p[j]
    for (j = 0; j < T; j++) p[j] = any ? p[j] / sum : 0
    if (out == "lse") print any ? top + log(sum) : "-inf"
    if (out == "p") for (j = 0; j < T; j++) printf "%.17g\n", p[j]
    if (out == "s") for (j = 0; j < T; j++) print seen(b, i, j) && any ? s[j] : "-inf"
    if (out != "o") return
    for (e = 0; e < E; e++) {
        o = 0
        for (j = 0; j < T; j++) o += p[j] * v[((b * K + g) * T + j) * E + e]
        print o
    }
}

BEGIN {
    OFMT = "%.17g"
    file_into(ARGV[1], q)
    file_into(ARGV[2], k)
    file_into(ARGV[3], v)
    if (bias != "") file_into(bias, added)
    split(lengths, length_of, " ")
    split(queries, query_length, " ")
    split(sinks, sink, " ")
    split(ids, id, " ")
    split(slopes, slope, " ")
    for (b = 0; b < B; b++)
        for (h = 0; h < H; h++)
            for (i = 0; i < Q; i++) row(b, h, i)
    exit
}
