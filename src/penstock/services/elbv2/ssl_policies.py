"""The predefined TLS policies, which listeners name and which have no effect without TLS. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
"""

from penstock.wire.model import Json

DEFAULT = "ELBSecurityPolicy-2016-08"

_1_3 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_GCM_128 = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256")
_CBC_128 = ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256")
_SHA_128 = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA")
_GCM_256 = ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384")
_CBC_256 = ("ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384")
_SHA_256 = ("ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA")
_STATIC = ("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256")
_STATIC_ALL = ("AES128-GCM-SHA256", "AES128-SHA256", "AES128-SHA", "AES256-GCM-SHA384", "AES256-SHA256", "AES256-SHA")

_RESTRICTED = _GCM_128 + _GCM_256
_FORWARD_SECRET = _GCM_128 + _CBC_128 + _GCM_256 + _CBC_256
_EXTENDED = _FORWARD_SECRET + _STATIC
_ALL = _GCM_128 + _CBC_128 + _SHA_128 + _GCM_256 + _CBC_256 + _SHA_256 + _STATIC_ALL

_FROM_1_0 = ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1")
# name after "ELBSecurityPolicy-" -> protocols, ciphers
_TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "TLS13-1-3-2021-06": (_FROM_1_0[:1], _1_3),
    "TLS13-1-3-PQ-2025-09": (_FROM_1_0[:1], _1_3),
    "TLS13-1-2-2021-06": (_FROM_1_0[:2], _1_3 + _FORWARD_SECRET),
    "TLS13-1-2-PQ-2025-09": (_FROM_1_0[:2], _1_3 + _FORWARD_SECRET),
    "TLS13-1-2-Res-2021-06": (_FROM_1_0[:2], _1_3 + _RESTRICTED),
    "TLS13-1-2-Res-PQ-2025-09": (_FROM_1_0[:2], _1_3 + _RESTRICTED),
    "TLS13-1-2-Ext2-2021-06": (_FROM_1_0[:2], _1_3 + _ALL),
    "TLS13-1-2-Ext2-PQ-2025-09": (_FROM_1_0[:2], _1_3 + _ALL),
    "TLS13-1-2-Ext1-2021-06": (_FROM_1_0[:2], _1_3 + _EXTENDED),
    "TLS13-1-2-Ext1-PQ-2025-09": (_FROM_1_0[:2], _1_3 + _EXTENDED),
    "TLS13-1-1-2021-06": (_FROM_1_0[:3], _1_3 + _ALL),
    "TLS13-1-0-2021-06": (_FROM_1_0, _1_3 + _ALL),
    "TLS13-1-0-PQ-2025-09": (_FROM_1_0, _1_3 + _ALL),
    "TLS-1-2-Ext-2018-06": (_FROM_1_0[1:2], _ALL),
    "TLS-1-2-2017-01": (_FROM_1_0[1:2], _EXTENDED),
    "TLS-1-1-2017-01": (_FROM_1_0[1:3], _ALL),
    "2016-08": (_FROM_1_0[1:], _ALL),
    "FS-1-2-Res-2020-10": (_FROM_1_0[1:2], _RESTRICTED),
}

POLICIES: dict[str, Json] = {
    name: {
        "Name": name,
        "SslProtocols": list(protocols),
        "Ciphers": [{"Name": cipher, "Priority": number} for number, cipher in enumerate(ciphers, 1)],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }
    for name, (protocols, ciphers) in ((f"ELBSecurityPolicy-{suffix}", line) for suffix, line in _TABLE.items())
}
