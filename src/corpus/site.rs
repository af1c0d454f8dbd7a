//! Which site a document belongs to.

use crate::document::SiteIndex;
use crate::text::hash::BySame;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

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

/// The names of sites, by number.
#[derive(Debug, Default)]
pub struct SiteNames {
    names: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl SiteNames {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name of a site.
    pub fn get(&self, site: SiteIndex) -> &str {
        let site = site.0 as usize;
        &self.names[site.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[site]]
    }
}

/// Numbers sites in the order in which they are named first.
#[derive(Debug, Default)]
pub struct SiteNumbers {
    names: SiteNames,
    /// By the hash of a name; of names with the same hash all but the first by the next hash that is free.
    numbers: HashMap<u64, u32, BySame>,
}

impl SiteNumbers {
    /// The number of a name, or the hash that is free for it.
    fn find(&self, name: &str) -> Result<SiteIndex, u64> {
        let mut hash = xxh3_64(name.as_bytes());
        while let Some(&number) = self.numbers.get(&hash) {
            if self.names.get(SiteIndex(number)) == name {
                return Ok(SiteIndex(number));
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// The number of a name.
    pub fn number(&mut self, name: &str) -> SiteIndex {
        self.find(name).unwrap_or_else(|hash| {
            let number = self.names.len() as u32;
            self.names.names.push_str(name);
            self.names.ends.push(self.names.names.len());
            self.numbers.insert(hash, number);
            SiteIndex(number)
        })
    }

    /// The places of sites in a list of preferred ones, the first of each.
    pub fn preferences(&self, preferred: &[String]) -> HashMap<SiteIndex, u32> {
        let mut preferences = HashMap::new();
        for (place, name) in (0..).zip(preferred) {
            if let Some(site) = normal(name).and_then(|name| self.find(&name).ok()) {
                preferences.entry(site).or_insert(place);
            }
        }
        preferences
    }

    /// All names.
    pub fn finish(self) -> SiteNames {
        self.names
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

    #[test]
    fn sites_are_numbered_as_they_come() {
        let mut numbers = SiteNumbers::default();
        // Another name took the place of the first one's hash.
        numbers.number("x.example");
        numbers.numbers.insert(xxh3_64(b"a.example"), 0);
        let named = ["a.example", "", "ä.example", "a.example", "x.example", ""];
        assert_eq!(named.map(|name| numbers.number(name).0), [1, 2, 3, 1, 0, 2]);
        let preferred = [" Ä.example", "other.example", "x.example", "ä.example"].map(str::to_owned);
        assert_eq!(numbers.preferences(&preferred), [(SiteIndex(3), 0), (SiteIndex(0), 2)].into());
        let names = numbers.finish();
        assert_eq!(names.len(), 4);
        assert_eq!(
            [0, 1, 2, 3].map(|n| names.get(SiteIndex(n))),
            ["x.example", "a.example", "", "ä.example"]
        );
    }
}
