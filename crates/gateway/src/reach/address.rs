//! Addresses that are not for everybody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Where clouds tell a machine its secrets. Only a network of one address allows them.
const METADATA: &[IpAddr] = &[
    v4(169, 254, 169, 254),
    v4(169, 254, 169, 253),
    v4(169, 254, 170, 2),
    v4(169, 254, 170, 23),
    v4(100, 100, 100, 200),
    v4(192, 0, 0, 192),
    v4(168, 63, 129, 16),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
];

/// The special-purpose registry of IPv4 (RFC 6890), as far as it is not for everybody.
const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (net4([0, 0, 0, 0], 8), "unspecified"),
    (net4([10, 0, 0, 0], 8), "private"),
    (net4([100, 64, 0, 0], 10), "shared by a carrier's customers"),
    (net4([127, 0, 0, 0], 8), "loopback"),
    (net4([169, 254, 0, 0], 16), "link-local"),
    (net4([172, 16, 0, 0], 12), "private"),
    (net4([192, 0, 0, 0], 24), "reserved for protocols"),
    (net4([192, 0, 2, 0], 24), "for documentation"),
    (net4([192, 88, 99, 0], 24), "6to4"),
    (net4([192, 168, 0, 0], 16), "private"),
    (net4([198, 18, 0, 0], 15), "for benchmarks"),
    (net4([198, 51, 100, 0], 24), "for documentation"),
    (net4([203, 0, 113, 0], 24), "for documentation"),
    (net4([224, 0, 0, 0], 4), "multicast"),
    (net4([240, 0, 0, 0], 4), "reserved"),
];

/// The same of IPv6, the narrower before the wider.
const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (net6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (net6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (net6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible"),
    (net6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "IPv4-mapped"),
    (net6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), "IPv4-translated"),
    (net6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), "NAT64"),
    (net6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "NAT64"),
    (net6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discarded"),
    (net6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo"),
    (net6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "for benchmarks"),
    (net6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "reserved for protocols"),
    (net6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "for documentation"),
    (net6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4"),
    (net6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "for documentation"),
    (net6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "of segment routing"),
    (net6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique-local"),
    (net6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (net6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (net6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

/// What is handed out of IPv6 at all.
const HANDED_OUT: Ipv6Net = net6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What kind of address this is, where nothing may be sent to it: it is not public, and none of
/// these networks holds it.
pub(super) fn forbidden(address: IpAddr, allowed: &[IpNet]) -> Option<&'static str> {
    let alone = IpNet::from(address);
    if METADATA.contains(&address) && !allowed.contains(&alone) {
        return Some("a cloud's metadata");
    }
    let inner = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => embedded(v6),
    };
    let kind = match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => special_v6(v6),
    };
    if kind.is_some() && !allowed.iter().any(|network| network.contains(&address)) {
        return kind;
    }
    // Whoever allows NAT64 does not allow everything behind it.
    inner.and_then(|inner| forbidden(IpAddr::V4(inner), allowed))
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, kind)| *kind)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [.., isatap_high, isatap_low, _, _] = address.segments();
    let listed = SPECIAL_V6.iter().find(|(network, _)| network.contains(&address));
    match listed {
        Some((_, kind)) => Some(kind),
        None if !HANDED_OUT.contains(&address) => Some("reserved"),
        // RFC 5214, 6.1: in any network.
        None if isatap_high & 0xfdff == 0 && isatap_low == 0x5efe => Some("ISATAP"),
        None => None,
    }
}

/// The address of IPv4 in one of IPv6 that stands for it.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let last: [u8; 4] = octets.last_chunk().copied()?;
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] if (high, low) > (0, 1) => Some(last.into()),
        [0, 0, 0, 0, 0xffff, 0, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(last.into()),
        [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        [..] => None,
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

const fn net4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn net6(segments: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), length)
}
