//! Which site a document belongs to.

/// The registrable domain of an address by the public suffix list, private suffixes too: `a.b.example.co.uk` is
/// `example.co.uk`, `x.blogspot.com` is itself. An address of numbers is its own site.
pub fn of_url(address: &str) -> Option<String> {
    let address = address.trim();
    // One with a scheme that cannot be read stays unread: with another before it, `http` would be its host.
    let parsed = match url::Url::parse(address) {
        Err(url::ParseError::RelativeUrlWithoutBase) => url::Url::parse(&format!("http://{address}")),
        parsed => parsed,
    };
    let parsed = parsed.ok()?;
    match parsed.host()? {
        url::Host::Domain(host) => of_host(host),
        ip => Some(ip.to_string()),
    }
}

/// The name of a site as it is compared: trimmed, in lower case; nothing for an empty one.
pub fn normal(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    (!name.is_empty()).then_some(name)
}

fn of_host(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if host.split('.').any(str::is_empty) {
        return None;
    }
    match psl::domain_str(&host) {
        Some(domain) => Some(domain.to_owned()),
        None => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_registrable_domains() {
        for (address, site) in [
            ("http://www.reuters.com/article/1", "reuters.com"),
            ("https://news.bbc.co.uk/2/hi", "bbc.co.uk"),
            ("http://x.blogspot.com/2010/", "x.blogspot.com"),
            ("HTTP://Example.ORG.:8080/", "example.org"),
            ("example.org/page", "example.org"),
            ("http://127.0.0.1/a", "127.0.0.1"),
            ("http://localhost/a", "localhost"),
        ] {
            assert_eq!(of_url(address).as_deref(), Some(site), "{address}");
        }
        assert_eq!(of_url(""), None);
    }

    #[test]
    fn addresses_that_cannot_be_read_have_no_site_in_common() {
        for address in
            ["http://a b.example/", "https://x%y.example/", "http://", "http://a.example:x/", "http://1../"]
        {
            assert_eq!(of_url(address), None, "{address}");
        }
    }
}
