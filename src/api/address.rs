//! Where a request comes from, and how: what the connection says, or a proxy of our own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::services::Settings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The part of an IPv6 address that tells households apart (RFC 6177): inside it everybody has as many addresses as
/// they like.
const IPV6_NETWORK: u128 = !0 << 64;

/// The address that a request counts for: the connection's, or behind proxies of our own the one that the last of
/// them has seen. Of IPv6 only the network.
pub(super) fn of(request: &HttpRequest, settings: &Settings) -> IpAddr {
    network(caller(peer(request), request.headers(), &settings.trusted_proxies))
}

/// Whether the caller speaks https with the proxy before us. We speak plain HTTP ourselves, so only a
/// proxy of our own can know; anybody else's word for it is not taken.
pub(super) fn came_by_https(request: &HttpRequest, settings: &Settings) -> bool {
    let Some(value) = request.headers().get(FORWARDED_PROTO) else { return false };
    let is_believed = settings.trust_forwarded_proto || is_trusted(peer(request), &settings.trusted_proxies);
    let scheme = value.to_str().ok().and_then(|value| value.split(',').next());
    is_believed && scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

fn peer(request: &HttpRequest) -> IpAddr {
    request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical())
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Each proxy adds at the right end whom it has heard; the first from there that is none of ours is the caller.
/// What stands further left is the caller's own invention.
fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let values: Vec<&str> = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
    let mut nearest = peer;
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Some(address) = read(hop.trim()) else { return nearest };
        nearest = address;
        if !is_trusted(address, trusted) {
            return address;
        }
    }
    nearest
}

/// An address as proxies write it: some add the port.
fn read(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()));
    let address = address.or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    address.map(|address| address.to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]
            .iter()
            .map(|network| network.parse().unwrap())
            .collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        network(caller(peer.parse::<IpAddr>().unwrap().to_canonical(), &headers, &trusted)).to_string()
    }

    #[test]
    fn the_nearest_hop_that_is_none_of_ours_is_the_caller() {
        for (peer, forwarded, expected) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            // Nobody but a proxy of ours is believed.
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What the caller has made up stands on the left.
            ("127.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", "10.1.2.3, 10.1.2.4"], "198.51.100.1"),
            ("127.0.0.1", &["10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, , 10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::"),
            ("127.0.0.1", &["[2001:db8:1:2:3:4:5:6]:4711"], "2001:db8:1:2::"),
            ("fd00::1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", &[], "2001:db8:1:2::"),
        ] {
            assert_eq!(found(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }
}
