# SPDX-License-Identifier: MIT
"""Writes optim.txt: parameters after some steps of torch's optimisers.

    python3 tests/golden/optim.py > tests/golden/optim.txt

Gradients and first parameters are simple functions of (step, index) that the test repeats:
    data[i] = ((7 i) mod 13 - 6) / 8        grad[t][i] = ((5 i + 3 t) mod 11 - 5) / 4
Each line: name, kind, the settings in heed's order, rate, decay flag, then the parameters after 5
and after 40 steps. Made with torch 2.13; float64, so that heed's float32 is what is tested.
"""
import torch

COUNT = 19


def run(name, make, settings, rate, decay):
    data = torch.tensor([((7 * i) % 13 - 6) / 8 for i in range(COUNT)], dtype=torch.float64)
    data.requires_grad_(True)
    optimizer = make([data], rate)
    rows = []
    for step in range(40):
        data.grad = torch.tensor(
            [((5 * i + 3 * step) % 11 - 5) / 4 for i in range(COUNT)], dtype=torch.float64
        )
        optimizer.step()
        if step + 1 in (5, 40):
            rows.append(" ".join(f"{x:.9f}" for x in data.tolist()))
    print(name, " ".join(str(x) for x in settings), rate, decay)
    print("\n".join(rows))


def adamw(beta1, beta2, epsilon, weight_decay, rate, decay=1):
    run(
        "adamw 4",
        lambda data, lr: torch.optim.AdamW(
            data, lr, (beta1, beta2), epsilon, weight_decay if decay else 0
        ),
        (beta1, beta2, epsilon, weight_decay),
        rate,
        decay,
    )


def sgd(momentum, weight_decay, nesterov, rate, decay=1):
    run(
        "sgd 3",
        lambda data, lr: torch.optim.SGD(
            data,
            lr,
            momentum,
            weight_decay=weight_decay if decay else 0,
            nesterov=bool(nesterov),
        ),
        (momentum, weight_decay, nesterov),
        rate,
        decay,
    )


adamw(0.9, 0.999, 1e-8, 0.01, 0.01)
adamw(0.8, 0.95, 1e-6, 0.3, 0.02)
adamw(0.9, 0.98, 1e-8, 0.3, 0.01, decay=0)
sgd(0.9, 0.0, 0, 0.01)
sgd(0.0, 0.1, 0, 0.05)
sgd(0.9, 0.05, 1, 0.01)
sgd(0.9, 0.05, 0, 0.01, decay=0)
