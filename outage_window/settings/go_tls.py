"""What Go calls versions, suites and curves of TLS, in the words of OpenSSL: only what is sound."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from itertools import product

VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}

_ENDINGS = {
    "AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
    "AES_128_CBC_SHA": "AES128-SHA",
    "AES_256_CBC_SHA": "AES256-SHA",
}
SUITES = {
    f"TLS_ECDHE_{key}_WITH_{ending}": f"ECDHE-{key}-{theirs}"
    for key, (ending, theirs) in product(("ECDSA", "RSA"), _ENDINGS.items())
}
"""Suites up to TLS 1.2."""

ALWAYS = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
"""The suites of TLS 1.3, which neither Go nor Python lets one choose from: naming them is right."""

CURVES = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}


def suites(names: Sequence[str]) -> str:
    """The suites up to TLS 1.2 among `names`, as OpenSSL lists them; empty where there are none."""
    return ":".join(SUITES[name] for name in names if name in SUITES)
