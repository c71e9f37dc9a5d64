//! Ports that notifications may go to.

use std::{ops::RangeInclusive, str::FromStr};

/// Ports of services that are not the web's, and that misunderstand a request in ways that help
/// whoever makes us send one: databases, caches, queues, consoles. They are left out of ranges.
const SERVICES: &[u16] = &[
    1080, 1099, 1433, 1521, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3260, 3306, 3389, 4369,
    5060, 5061, 5432, 5671, 5672, 5900, 5901, 5984, 5985, 5986, 6000, 6379, 6443, 6660, 6661, 6662,
    6663, 6664, 6665, 6666, 6667, 6668, 6669, 6697, 7000, 7001, 8500, 9042, 9092, 9100, 9200, 9300,
    9418, 10080, 10250, 10255, 11211, 15672, 25672, 26257, 27017, 27018, 27019, 50070,
];

/// Some ports: each a number, or a range of which the ports of well-known services are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(Vec<RangeInclusive<u16>>);

/// This is neither a port nor a range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be a port from 1 to 65535, or a range such as 1024-65535")]
pub struct PortsError;

impl Ports {
    /// These, each `443` or `1024-65535`.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, PortsError> {
        texts.into_iter().map(range).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this one is among them.
    pub fn has(&self, port: u16) -> bool {
        let alone = RangeInclusive::new(port, port);
        let is_service = SERVICES.contains(&port);
        self.0.iter().any(|range| *range == alone || (range.contains(&port) && !is_service))
    }
}

impl Default for Ports {
    /// The web's two, and those that everybody may listen on.
    fn default() -> Self {
        Self(vec![80..=80, 443..=443, 1_024..=u16::MAX])
    }
}

fn range(text: &str) -> Result<RangeInclusive<u16>, PortsError> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        u16::from_str(text).ok().filter(|port| digits && *port > 0).ok_or(PortsError)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first.trim())?, number(last.trim())?);
    if first > last { Err(PortsError) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_left_out_of_ranges_only() {
        let usual = Ports::default();
        for (port, expected) in [
            (22, false),
            (25, false),
            (80, true),
            (443, true),
            (1_023, false),
            (3_000, true),
            (6_379, false),
            (8_443, true),
            (65_535, true),
        ] {
            assert_eq!(usual.has(port), expected, "{port}");
        }
        let named = Ports::read(["6379", "25"]).unwrap();
        assert!(named.has(6_379) && named.has(25) && !named.has(443));
        assert_eq!(Ports::read(["80", "443", "1024-65535"]), Ok(usual));
        for wrong in ["", "0", "65536", "+80", "80-", "-80", "90-80", "http"] {
            assert_eq!(Ports::read([wrong]), Err(PortsError), "{wrong}");
        }
    }
}
