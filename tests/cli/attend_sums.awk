# SPDX-License-Identifier: MIT
# Sums over whole matrices of weights, for what heed attend leaves of them to be compared with:
#     awk -f attend_sums.awk -v B=2 -v H=4 -v K=2 -v Q=5 -v T=7 -v E=3 -v offset=1 -v out=mass p v do ids
# p, v, do, ids: files with a number a line, [B, H, Q, T], [B, K, T, E], [B, H, Q, E], [B, T] (the
# group of each key). out: mass, value-mass, gradient-mass, entropy, distance, distance-variance,
# support, max, argmax, group-mass.

function file_into(name, to,    line, n) {
    while ((getline line < name) > 0) to[n++] = line + 0
    close(name)
}
function size(x) { return x < 0 ? -x : x }
function product(b, h, i, j,    e, g, s) {
    g = int(h / (H / K))
    for (e = 0; e < E; e++) s += gradient[((b * H + h) * Q + i) * E + e] * v[((b * K + g) * T + j) * E + e]
    return s
}
function length_of(b, h, j,    e, g, s) {
    g = int(h / (H / K))
    for (e = 0; e < E; e++) s += v[((b * K + g) * T + j) * E + e] ^ 2
    return sqrt(s)
}
function of_key(b, h, j,    i, s, w) {
    for (i = 0; i < Q; i++) {
        w = p[((b * H + h) * Q + i) * T + j]
        if (w) s += out == "mass" ? w : w * (out == "value-mass" ? length_of(b, h, j) : product(b, h, i, j))
    }
    print s + 0
}
function of_query(b, h, i,    j, w, x, sum, mean, square, entropy, best, groups, g, support) {
    best = -1
    for (j = 0; j < T; j++) {
        w = p[((b * H + h) * Q + i) * T + j]
        if (!w) continue
        x = size(i + offset - j)
        support++
        sum += w
        mean += w * x
        entropy -= w * log(w)
        groups[id[b * T + j]] += w
        if (best < 0 || w > p[((b * H + h) * Q + i) * T + best]) best = j
    }
    if (sum) mean /= sum
    for (j = 0; j < T && sum; j++)
        square += p[((b * H + h) * Q + i) * T + j] / sum * (size(i + offset - j) - mean) ^ 2
    if (out == "entropy") print entropy + 0
    if (out == "distance") print mean + 0
    if (out == "distance-variance") print square + 0
    if (out == "support") print support + 0
    if (out == "argmax") print best
    if (out == "max") print best < 0 ? 0 : p[((b * H + h) * Q + i) * T + best]
    if (out == "group-mass") for (g = 0; g < 3; g++) print groups[g] + 0
}
BEGIN {
    OFMT = "%.17g"
    file_into(ARGV[1], p)
    file_into(ARGV[2], v)
    file_into(ARGV[3], gradient)
    file_into(ARGV[4], id)
    for (b = 0; b < B; b++)
        for (h = 0; h < H; h++)
            if (out ~ /^(value-|gradient-)?mass$/) for (j = 0; j < T; j++) of_key(b, h, j)
            else for (i = 0; i < Q; i++) of_query(b, h, i)
    exit
}
