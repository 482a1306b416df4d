# SPDX-License-Identifier: MIT
"""Where pip puts oneDNN."""

import os
import sys

INCLUDE = os.path.join(sys.prefix, "include")
LIBRARIES = os.path.join(sys.prefix, "lib")


def installed():
    needed = [os.path.join(INCLUDE, "oneapi", "dnnl", "dnnl_graph.hpp"),
              os.path.join(LIBRARIES, "libdnnl.so"), os.path.join(LIBRARIES, "libintelocl.so")]
    if all(map(os.path.exists, needed)):
        return True
    print(f"skipped: onednn, onednn-devel not installed for {sys.executable}")
    return False
