//! A small scraped corpus, made anew from a seed: sites with furniture, captions that come twice, bios, copies,
//! texts without words, and records that cannot be used, spelt in JSON in more than one way.

use fastrand::Rng;
use std::fmt::Write;

const WHO: [&str; 24] = [
    "the harbour board",
    "a court in Elmsund",
    "the ferry company",
    "the council of Tarn",
    "a farmers' union",
    "the old mill",
    "the regional hospital",
    "a group of teachers",
    "the bridge office",
    "the fishing fleet",
    "the water works",
    "a young engineer",
    "the railway union",
    "the museum of tides",
    "the city library",
    "the timber guild",
    "a retired pilot",
    "the school in Varn",
    "the dairy of Lomen",
    "the café owners",
    "the weather service",
    "a bank in Ostrel",
    "the island parish",
    "the tram depot",
];
const DID: [&str; 20] = [
    "has promised to repair",
    "will sell",
    "refused to pay for",
    "opened a hearing on",
    "voted against",
    "has begun to measure",
    "wants to rebuild",
    "is said to have lost",
    "asked the ministry about",
    "closed",
    "will rent out",
    "has painted",
    "apologised for",
    "found a buyer for",
    "counted the visitors of",
    "raised the price of",
    "has mapped",
    "is testing",
    "gave up",
    "insured",
];
const WHAT: [&str; 24] = [
    "the northern quay",
    "forty barrels of oil",
    "a row of lime trees",
    "the evening ferry",
    "its last archive",
    "the frozen canal",
    "the school kitchen",
    "a field of barley",
    "the toll road",
    "the broken crane",
    "the winter timetable",
    "two wooden boats",
    "the salt store",
    "an unused tunnel",
    "the market roof",
    "a flock of geese",
    "the telephone exchange",
    "the hillside farms",
    "a new lighthouse",
    "the naïve mural",
    "the cold store",
    "its oldest tram",
    "the public baths",
    "a herd of goats",
];
const WHEN: [&str; 16] = [
    "before the spring",
    "after a long dispute",
    "in spite of the rain",
    "while the tide was low",
    "without telling its neighbours",
    "for the third time",
    "until the money comes",
    "under a new law",
    "because the roof leaks",
    "with the help of volunteers",
    "as the papers show",
    "at a cost of {n} crowns",
    "on the {n}th of the month",
    "within {n} days",
    "for {n} families",
    "since the flood of {y}",
];
const SAID: [&str; 12] = [
    "a spokeswoman said",
    "the mayor wrote",
    "two witnesses recalled",
    "the report says",
    "its chairman told reporters",
    "neighbours complained",
    "the union noted",
    "an official admitted",
    "the archive shows",
    "critics answered",
    "the engineer explained",
    "the minutes record",
];

/// A sentence of about twenty words.
pub fn sentence(rng: &mut Rng) -> String {
    let (who, other) = (pick(rng, &WHO), pick(rng, &WHO));
    let (did, what, also) = (pick(rng, &DID), pick(rng, &WHAT), pick(rng, &WHAT));
    let when = when(rng);
    let said = pick(rng, &SAID);
    let text = match rng.u8(..4) {
        0 => format!("{who} {did} {what} {when}, {said}, though {other} had hoped for {also}"),
        1 => format!("{when}, {who} {did} {what} and {also}, which {other} called too little"),
        2 => format!("{said} that {who} {did} {what} {when}, and that {other} {} {also}", pick(rng, &DID)),
        _ => format!("{other} knew nothing of {also} when {who} {did} {what} {when}"),
    };
    capital(&text) + "."
}

fn pick(rng: &mut Rng, from: &[&'static str]) -> &'static str {
    from[rng.usize(..from.len())]
}

fn when(rng: &mut Rng) -> String {
    let (n, year) = (rng.u32(2..900), rng.u32(1900..2020));
    pick(rng, &WHEN).replace("{n}", &n.to_string()).replace("{y}", &year.to_string())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The paragraphs of a story.
pub fn story(rng: &mut Rng) -> Vec<String> {
    (0..rng.usize(4..9))
        .map(|_| (0..rng.usize(2..4)).map(|_| sentence(rng)).collect::<Vec<_>>().join(" "))
        .collect()
}

/// The same story with about one word in `1 / rate` changed.
pub fn revised(rng: &mut Rng, paragraphs: &[String], rate: f64) -> Vec<String> {
    let mut change = |word: &str| {
        if rng.f64() < rate { format!("revised{}", rng.u32(..10_000)) } else { word.to_owned() }
    };
    paragraphs.iter().map(|p| p.split(' ').map(&mut change).collect::<Vec<_>>().join(" ")).collect()
}

struct Site {
    name: String,
    top: Vec<String>,
    bottom: Vec<String>,
}

impl Site {
    fn new(number: usize) -> Site {
        let name = format!("paper{number}.example");
        let title = ["Herald", "Courier", "Mirror", "Tribune"][number % 4];
        let top = vec![
            format!("Home | News | Sport | {title} {number} Archive"),
            format!("Skip to content of {title} {number}"),
        ];
        let bottom = vec![
            "Share this story".to_owned(),
            format!("Subscribe to the {title} {number} newsletter"),
            format!("© {title} {number}. All rights reserved."),
        ];
        Site { name, top, bottom }
    }

    fn page(&self, rng: &mut Rng, body: &[String]) -> String {
        let mut lines = self.top.clone();
        let headline = capital(&format!("{} {} {}", pick(rng, &WHO), pick(rng, &DID), pick(rng, &WHAT)));
        lines.push(headline.clone());
        let caption = sentence(rng).replace('.', " (photo archive)");
        if rng.u8(..3) == 0 {
            lines.extend([caption.clone(), "TT".to_owned(), headline, caption]);
        }
        lines.push(format!("Posted on {} March {}", rng.u8(1..29), rng.u16(2001..2020)));
        lines.extend_from_slice(body);
        if rng.u8(..6) == 0 {
            lines.push(body[0].clone());
        }
        lines.extend_from_slice(&self.bottom);
        lines.join(if rng.u8(..5) == 0 { "\n" } else { "\n\n" })
    }
}

/// How a string is spelt in JSON.
fn spell(text: &str, how: u8) -> String {
    let plain = serde_json::to_string(text).unwrap();
    match how {
        0 => plain.replace('/', "\\/"),
        1 => {
            let mut out = String::new();
            for c in plain.chars() {
                if c.is_ascii() {
                    out.push(c);
                } else {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04X}");
                    }
                }
            }
            out
        }
        _ => plain,
    }
}

fn record(rng: &mut Rng, number: usize, site: Option<&str>, text: &str) -> String {
    let text = spell(text, rng.u8(..4));
    let address = site.map_or_else(String::new, |s| format!("\"url\":\"https://www.{s}/{number}\","));
    let site = site.map_or_else(String::new, |s| format!("\"site\":\"{s}\","));
    match rng.u8(..5) {
        0 => format!(r#"{{"id":"d{number}",{site}"text":{text},"size":12345678901234567890.50,"x":null}}"#),
        1 => format!(r#"{{ "text" : {text} , {site} "tags":["a","\u0062"],"id":{number} }}"#),
        2 => format!(r#"{{"k":1,"id":"d{number}","k":2,{address}"text":{text}}}"#),
        3 => format!("{{{site}\"text\":{text}}}\r"),
        _ => format!(r#"{{{site}"id":"twice","deep":{{"text":"no"}},"text":{text}}}"#),
    }
}

/// What cannot be used as a record.
pub const UNUSABLE: [&str; 4] =
    ["{\"text\": \"broken", "{\"text\":null}", "{\"text\":17}", "{\"id\":\"no text\"}"];

/// The lines of a corpus of about `size` records. The same seed gives the same lines.
pub fn corpus(seed: u64, size: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    let rng = &mut rng;
    let sites: Vec<Site> = (0..12).map(Site::new).collect();
    let bios: Vec<String> = (0..3)
        .map(|i| format!("Mara Quint {i} writes about ports and bridges for this paper. {}", sentence(rng)))
        .collect();
    let mut told: Vec<Vec<String>> = Vec::new();
    let mut printed: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for number in 0..size {
        let site = &sites[rng.usize(..sites.len())];
        let mut body = story(rng);
        match rng.u8(..12) {
            0 if !told.is_empty() => body = told[rng.usize(..told.len())].clone(),
            1 if !told.is_empty() => {
                let (of, rate) = (rng.usize(..told.len()), 0.08 * rng.f64());
                body = revised(rng, &told[of], rate);
            }
            2 if !told.is_empty() => body = told[rng.usize(..told.len())][..3].to_vec(),
            3 => body.push(bios[rng.usize(..bios.len())].clone()),
            4 => body.push(bios[0].replace("this paper", "these pages")),
            _ => told.push(body.clone()),
        }
        let text = match rng.u8(..40) {
            0 => String::new(),
            1 => " \n\n".to_owned(),
            2 => [&site.top[..], &site.bottom[..]].concat().join("\n\n"),
            3..=6 if !printed.is_empty() => printed[rng.usize(..printed.len())].clone(),
            _ => site.page(rng, &body),
        };
        printed.push(text.clone());
        let named = rng.u8(..10) > 0;
        lines.push(record(rng, number, named.then_some(&site.name), &text));
        if rng.u8(..50) == 0 {
            lines.push(UNUSABLE[rng.usize(..UNUSABLE.len())].to_owned());
        }
    }
    lines
}
