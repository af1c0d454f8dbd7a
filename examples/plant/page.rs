//! Puts a page together: furniture, headline, article, planted repeats and
//! passages in order, and the truth about each line with its byte offsets.

use serde::Serialize;

use crate::article::{Article, Decoy, Line, Maker};
use crate::plan::{Entry, Member, Plan, Role, work};
use crate::repeats;
use crate::rng::Rng;
use crate::score::truth::{ClusterPlace, DocumentTruth, NearMiss, Neutral, Original, PlantedCut};
use crate::site::{Site, Zone};
use crate::variants::LEAST;

/// What a line is in the truth.
#[derive(Clone)]
pub enum Mark {
    Body,
    Neutral(&'static str),
    Original(u64),
    Cut { kind: &'static str, rule: String, group: Option<u64>, similarity: Option<f64>, also: bool },
}

/// One line of a page.
#[derive(Clone)]
pub struct Block {
    pub text: String,
    pub mark: Mark,
    pub caption: bool,
    pub decoy: Option<Decoy>,
    /// Only a line feed before the next line.
    pub tight: bool,
}

/// A document as it is written to `corpus.jsonl`.
#[derive(Serialize)]
pub struct Record {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    pub title: String,
    pub date: String,
    pub text: String,
}

/// A page, its truth and its edit rate when it is a variant of another.
pub struct Page {
    pub record: Record,
    pub truth: DocumentTruth,
    pub edit_rate: Option<f64>,
}

/// A document's day and time.
struct Moment {
    year: usize,
    month: usize,
    day: usize,
    time: String,
}

impl Block {
    /// A line of the body.
    pub fn body(text: String) -> Block {
        Block { text, mark: Mark::Body, caption: false, decoy: None, tight: false }
    }

    fn furniture(text: String, rule: &str, tight: bool) -> Block {
        Block {
            mark: Mark::Cut {
                kind: "boilerplate",
                rule: rule.to_string(),
                group: None,
                similarity: None,
                also: false,
            },
            tight,
            ..Block::body(text)
        }
    }

    fn line(line: Line) -> Block {
        Block { caption: line.caption, decoy: line.decoy, ..Block::body(line.text) }
    }
}

/// Makes the pages of a corpus.
pub struct Pages<'a> {
    pub maker: &'a Maker,
    pub plan: &'a Plan,
    pub sites: &'a [Site],
    pub set: &'static str,
}

/// The article of a document before it is put on a page.
struct Written {
    article: Article,
    place: Option<ClusterPlace>,
    retold: Option<f64>,
    edit_rate: Option<f64>,
}

impl Pages<'_> {
    fn written(&self, number: usize, role: Role) -> Written {
        let maker = self.maker;
        let (mut place, mut retold, mut edit_rate) = (None, None, None);
        let article = match role {
            Role::Cluster { cluster, original, member } => {
                let base = maker.article(original, LEAST);
                let (role, variant) = match member {
                    Member::Original => ("original", None),
                    Member::Copy => ("copy", Some(maker.copy(&base, number))),
                    Member::Revised => ("revised", Some(maker.revised(&base, number))),
                    Member::Contained => ("contained", Some(maker.contained(&base, number))),
                };
                place = Some(ClusterPlace {
                    cluster: cluster as u64,
                    role: role.to_string(),
                    similarity: variant.as_ref().map(|v| v.similarity),
                });
                edit_rate = variant.as_ref().map(|v| v.edit_rate);
                variant.map_or(base, |v| v.article)
            }
            Role::Retold { first, second } => {
                let base = maker.article(first, LEAST);
                let variant = maker.retold(&base, second);
                retold = Some(variant.similarity);
                edit_rate = Some(variant.edit_rate);
                if number == first { base } else { variant.article }
            }
            _ => {
                let mut article = maker.article(number, 0);
                match role {
                    Role::Song => maker.song(number, &mut article),
                    Role::Dialogue => maker.dialogue(number, &mut article),
                    Role::Table => maker.table(number, &mut article),
                    Role::Lookalike(template) => maker.lookalike(number, template, &mut article),
                    Role::CaptionLike => maker.caption_like(number, &mut article),
                    Role::Quotation(pair) => maker.quotation(pair, &mut article),
                    Role::Sentence(pair) => maker.sentence(pair, &mut article),
                    _ => {}
                }
                article
            }
        };
        Written { article, place, retold, edit_rate }
    }

    /// The page of document `number`.
    pub fn page(&self, number: usize) -> Page {
        let entry = self.plan.entries[number];
        let mut rng = self.maker.rng("page", number);
        let written = self.written(number, entry.role);
        let mut article = written.article;
        let site = entry.site.map(|s| &self.sites[s]);
        let moment = Moment {
            year: rng.range(2018, 2024),
            month: rng.range(1, 12),
            day: rng.range(1, 28),
            time: format!("{:02}:{:02}", rng.range(5, 23), rng.below(60)),
        };
        let furnished = site.filter(|s| s.pages >= 3);
        let own_byline = matches!(entry.role, Role::Cluster { .. } | Role::Retold { .. });
        if let (Some(site), false) = (furnished, own_byline) {
            let reporter = &site.reporters[entry.ordinal % site.reporters.len()];
            article.byline = format!("By {reporter}");
        }
        let mut body = self.body(number, &entry, &article);
        let mut head = Block::body(article.headline.clone());
        repeats::plant(self.maker, number, entry.role, &mut head, &mut body);
        let mut blocks = Vec::new();
        let mut byline = Block::body(article.byline.clone());
        byline.mark = Mark::Neutral("byline");
        match furnished {
            Some(site) => {
                let slots = self.slots(site, &entry, &moment, &mut rng);
                let add = |zone: Zone, out: &mut Vec<Block>, article: &mut Article, r: &mut Rng| {
                    self.furniture(site, &entry, zone, &slots, article, out, r);
                };
                for line in &site.menu {
                    blocks.push(Block::furniture(line.clone(), "exact: menu", true));
                }
                add(Zone::Top, &mut blocks, &mut article, &mut rng);
                blocks.extend([head, byline]);
                add(Zone::Head, &mut blocks, &mut article, &mut rng);
                let mut middle = Vec::new();
                add(Zone::Middle, &mut middle, &mut article, &mut rng);
                for block in middle {
                    let at = rng.range(1, body.len());
                    body.insert(at, block);
                }
                blocks.append(&mut body);
                add(Zone::Tail, &mut blocks, &mut article, &mut rng);
                add(Zone::Foot, &mut blocks, &mut article, &mut rng);
            }
            None => {
                blocks.extend([head, byline]);
                blocks.append(&mut body);
            }
        }
        let id = format!("{}-{number:07}", self.set);
        let gap = site.map_or("\n\n", |s| s.gap);
        let (text, mut truth) = assemble(blocks, gap);
        truth.id.clone_from(&id);
        truth.document = written.place;
        if let Some(similarity) = written.retold {
            truth.near_misses.push(NearMiss {
                start: 0,
                end: 0,
                what: "story told anew".to_string(),
                similarity: Some(similarity),
            });
        }
        let Moment { year, month, day, .. } = moment;
        let url = site.map(|s| {
            let slug = slug(&article.headline);
            format!("https://{}/{year}/{month:02}/{slug}-{number}", s.name)
        });
        Page {
            record: Record {
                id,
                url,
                site: site.map(|s| s.name.clone()),
                title: article.headline,
                date: format!("{year}-{month:02}-{day:02}"),
                text,
            },
            truth,
            edit_rate: written.edit_rate,
        }
    }

    fn body(&self, number: usize, entry: &Entry, article: &Article) -> Vec<Block> {
        let mut body: Vec<Block> = article.lines.iter().cloned().map(Block::line).collect();
        if matches!(entry.role, Role::Song) {
            for block in &mut body {
                block.tight = block.decoy.is_none();
            }
        }
        if let Role::Passage { group, also_boilerplate } = entry.role {
            let mut block = Block::body(self.plan.passages[group].clone());
            block.mark = Mark::Cut {
                kind: "passage",
                rule: "passage".to_string(),
                group: Some(group as u64),
                similarity: None,
                also: also_boilerplate,
            };
            let mut rng = self.maker.rng("passage-place", number);
            let at = if rng.chance(20) { 0 } else { body.len() };
            body.insert(at, block);
        }
        body
    }

    fn slots(
        &self,
        site: &Site,
        entry: &Entry,
        moment: &Moment,
        rng: &mut Rng,
    ) -> Vec<(&'static str, String)> {
        let months = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let month = months[moment.month - 1];
        let date = if site.american_dates {
            format!("{month} {}, {}", moment.day, moment.year)
        } else {
            format!("{} {month} {}", moment.day, moment.year)
        };
        let reporter = &site.reporters[entry.ordinal % site.reporters.len()];
        let section = &site.sections[entry.ordinal / 2 % site.sections.len()];
        vec![
            ("paper", site.paper.clone()),
            ("site", site.name.clone()),
            ("town", site.town.clone()),
            ("phone", site.phone.clone()),
            ("since", site.since.clone()),
            ("reporter", reporter.clone()),
            ("section", section.clone()),
            ("surname", self.maker.grammar.last_name(rng)),
            ("work", work(self.maker, rng)),
            ("date", date),
            ("time", moment.time.clone()),
            ("n", rng.range(2, 48).to_string()),
            ("m", rng.range(2, 9).to_string()),
        ]
    }

    #[allow(clippy::too_many_arguments)]
    fn furniture(
        &self,
        site: &Site,
        entry: &Entry,
        zone: Zone,
        slots: &[(&'static str, String)],
        article: &mut Article,
        out: &mut Vec<Block>,
        rng: &mut Rng,
    ) {
        for item in site.items.iter().filter(|i| i.zone == zone) {
            if !item.on_page(entry.ordinal, site.pages) {
                continue;
            }
            let grammar = &self.maker.grammar;
            let cast = &mut article.cast;
            let text = grammar.one(item.rule, item.alternative, rng, cast, slots);
            let rule = format!("{}: {}", item.label, item.rule);
            let tight = matches!(zone, Zone::Top | Zone::Foot) || item.rule == "related";
            out.push(Block::furniture(text, &rule, tight));
            if item.rule == "related" {
                let pool = &site.most_read;
                for place in 0..3 {
                    let headline = pool[(entry.ordinal + place) % pool.len()].clone();
                    let tight = place < 2;
                    out.push(Block::furniture(headline, "exact: most read", tight));
                }
            }
        }
    }
}

/// Joins the lines and records where each stands.
fn assemble(blocks: Vec<Block>, gap: &str) -> (String, DocumentTruth) {
    let mut text = String::new();
    let mut truth = DocumentTruth::default();
    let mut separator = "";
    for block in blocks {
        text.push_str(separator);
        separator = if block.tight { "\n" } else { gap };
        let start = text.len();
        text.push_str(&block.text);
        let end = text.len();
        if let Some(decoy) = block.decoy {
            truth.near_misses.push(NearMiss {
                start: start + decoy.start,
                end: start + decoy.end,
                what: decoy.what.to_string(),
                similarity: decoy.similarity,
            });
        }
        match block.mark {
            Mark::Body => {}
            Mark::Neutral(what) => truth.neutral.push(Neutral { start, end, what: what.to_string() }),
            Mark::Original(group) => truth.originals.push(Original { start, end, group }),
            Mark::Cut { kind, rule, group, similarity, also } => truth.cuts.push(PlantedCut {
                start,
                end,
                kind: kind.to_string(),
                also: if also { vec!["boilerplate".to_string()] } else { Vec::new() },
                rule,
                group,
                similarity,
            }),
        }
    }
    (text, truth)
}

/// The first words of a headline, for its address.
fn slug(headline: &str) -> String {
    let words: Vec<String> = headline
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(6)
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}
