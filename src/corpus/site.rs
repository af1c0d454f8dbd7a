//! Which site a document belongs to.

/// Tells the sites of addresses that come one after another, which are mostly those of one host.
#[derive(Debug, Default)]
pub struct Sites {
    /// The last address up to its path, and its site.
    last: (String, Option<String>),
}

impl Sites {
    /// As [`of_url`].
    pub fn of_url(&mut self, address: &str) -> Option<String> {
        let Some(host) = up_to_path(address) else { return of_url(address) };
        if self.last.0 != host {
            self.last = (host.to_owned(), of_url(host));
        }
        self.last.1.clone()
    }
}

/// An address with its host and the slash behind it: what follows says nothing of the host. Not for unusual ones.
fn up_to_path(address: &str) -> Option<&str> {
    let host = address.find("://")? + "://".len();
    // Slashes before a host are passed by.
    address[host..].starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(())?;
    Some(&address[..=host + address[host..].find('/')?])
}

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
    fn what_follows_a_host_says_nothing_of_its_site() {
        let starts =
            ["http://", "https://", " HTTP://", "ftp://", "file://", "data:", "", "//", "a:///", "http:/"];
        let hosts = [
            "a.example.org",
            "b.example.org",
            "user@example.org:80",
            "bücher.example",
            "a b.example",
            "[::1]",
            "1.2",
            "",
            "/f.example",
            "\\\\/g.example",
        ];
        let paths =
            ["", "/", "/a b", "/?://c.example/", "?/d", "#/d", "\\d.example/", "/%zz", "/\n", "//e.example"];
        let mut sites = Sites::default();
        for start in starts {
            for host in hosts {
                for path in paths {
                    let address = format!("{start}{host}{path}");
                    assert_eq!(sites.of_url(&address), of_url(&address), "{address}");
                }
            }
        }
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
