//! Texts and addresses. What a client does with them stands beside the client.

use super::*;

fn production(networks: &[&str]) -> Reach {
    let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    Reach::Public(Arc::new(Allowed { networks, ports: Ports::default() }))
}

#[test]
fn what_an_operator_allows_is_allowed_and_nothing_beside_it() {
    let reach = production(&["10.1.0.0/16", "64:ff9b::/96", "fd12::/16"]);
    for (address, allowed) in [
        ("10.1.255.255", true),
        ("10.2.0.1", false),
        ("127.0.0.1", false),
        ("fd12::1", true),
        ("fd13::1", false),
        ("64:ff9b::808:808", true),
        ("64:ff9b::a01:203", true),
        ("64:ff9b::a02:203", false),
        ("64:ff9b::7f00:1", false),
        ("64:ff9b::a9fe:a9fe", false),
    ] {
        assert_eq!(reach.allow(address.parse().unwrap()).is_ok(), allowed, "{address}");
    }
}

#[test]
fn metadata_is_only_allowed_by_its_own_address() {
    let metadata: IpAddr = "169.254.169.254".parse().unwrap();
    assert!(production(&["0.0.0.0/0"]).allow(metadata).is_err());
    assert!(production(&["0.0.0.0/0"]).allow("169.254.1.1".parse().unwrap()).is_ok());
    assert!(production(&["169.254.169.254/32"]).allow(metadata).is_ok());
    assert!(Reach::Everything.allow(metadata).is_ok());
}

#[test]
fn public_addresses_are_allowed() {
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2003::1",
        "2400:cb00::1",
        "2606:4700::1111",
        "3ffe::1",
    ] {
        assert_eq!(production(&[]).allow(address.parse().unwrap()), Ok(()), "{address}");
    }
}

#[test]
fn private_names_are_judged_by_their_addresses_where_there_are_private_networks() {
    for url in ["http://localhost/", "http://shop.corp.internal/", "http://shop/"] {
        assert_eq!(production(&[]).target(url), Err(Forbidden::PrivateName), "{url}");
        assert!(production(&["10.1.0.0/16"]).target(url).is_ok(), "{url}");
        assert!(Reach::Everything.target(url).is_ok(), "{url}");
    }
}

#[test]
fn a_target_is_taken_apart() {
    let target = production(&[]).target("HTTPS://Merchant.Example/n?x=1").unwrap();
    assert_eq!((target.is_tls, target.port), (true, 443));
    assert_eq!(target.host, Host::Name("merchant.example".to_owned()));
    let target = Reach::Everything.target("http://[::1]:3000").unwrap();
    assert_eq!((target.is_tls, target.port), (false, 3_000));
    assert_eq!(target.host.to_string(), "[::1]");
}
