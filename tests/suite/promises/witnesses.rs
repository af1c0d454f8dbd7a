//! Every copy cut is proven: its witness stays, and is as similar as the receipt says.

use super::{Cleaned, cleaned};
use crate::brute::{containment, grams, jaccard, unit_words, words_left};
use crate::newsroom;
use crate::output::receipts;
use crate::program::expect;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The shingle set of every document without its furniture. The furniture is told by a run that looks for
/// nothing else, because the receipt of a removed document holds no lines.
fn documents_left(corpus: &Cleaned) -> Vec<HashSet<Vec<u64>>> {
    let dir = tempfile::tempdir().unwrap();
    let input = corpus.path("corpus.jsonl");
    expect(dir.path(), &["clean", input.to_str().unwrap(), "-o", "out", "-q", "--only", "boilerplate"], 1);
    let mut cuts: HashMap<u32, Vec<Range<usize>>> = HashMap::new();
    for receipt in receipts(&dir.path().join("out")) {
        let ranges = receipt.cuts.iter().map(|c| c.start as usize..c.end as usize).collect();
        cuts.insert(receipt.record, ranges);
    }
    let none = Vec::new();
    let left = |(record, text): (usize, &String)| {
        grams(&words_left(text, cuts.get(&(record as u32)).unwrap_or(&none)), 5)
    };
    corpus.texts.iter().enumerate().map(left).collect()
}

/// The second of two equal lines once kept the score of a copy of the first, when that went as nearly what another document says.
#[test]
fn a_repeat_whose_witness_went_is_told_by_the_witness_that_it_gets() {
    let line = "harbour ferry crane signal lantern market window garden bridge sailor mirror candle quarry meadow timber \
                saddle copper stays";
    let other = |n: u8| {
        let c = char::from(b'a' + n);
        format!("Then {c}wx {c}xy told the {c}yz of all {c}zw at the {c}vw pier, said {c}uv.")
    };
    let first = [other(0), format!("{line}."), other(1)].join("\n\n");
    let twice = [other(2), format!("{line} here."), other(3), other(4), format!("{line} here."), other(5)];
    let lines = [first, twice.join("\n\n")].map(|text| serde_json::json!({ "text": text }).to_string());
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("in.jsonl"), lines.join("\n")).unwrap();
    let only = ["--preset", "training", "--only", "repeat,passage"];
    expect(dir.path(), &[&["clean", "in.jsonl", "-o", "out", "-q"][..], &only].concat(), 0);
    let receipts = receipts(&dir.path().join("out"));
    let cuts: Vec<_> = receipts.iter().flat_map(|receipt| &receipt.cuts).collect();
    assert_eq!(
        cuts.iter().map(|cut| &cut.rule[..]).collect::<Vec<_>>(),
        ["many-documents", "near-line-again"]
    );
    for cut in cuts {
        assert_eq!(cut.score, cut.witness.as_ref().unwrap().similarity);
        assert!(cut.score < 1.0);
    }
}

/// What is left of the pages of a site.
fn texts_left(pages: &[String], judgements: &str) -> Vec<String> {
    let lines = pages.iter().map(|text| serde_json::json!({ "site": "a.example", "text": text }));
    let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("in.jsonl"), lines.join("\n")).unwrap();
    expect(dir.path(), &["clean", "in.jsonl", "-o", "out", "-q", "--only", judgements], 0);
    let documents = crate::output::json_lines(&dir.path().join("out/documents/in.jsonl"));
    documents.iter().map(|document| document["text"].as_str().unwrap().to_owned()).collect()
}

/// Of few pages on a site copies of one were once taken for furniture, each of them, and nothing of it was left.
#[test]
fn of_the_copies_of_a_page_one_stays_however_few_other_pages_its_site_has() {
    let paragraph = |page: usize, n: usize| {
        let words = ["harbour", "ferry", "bridge", "market", "school", "library", "council", "festival"];
        let (this, that) = (words[(page + n) % 8], words[(page * 3 + n * 5 + 1) % 8]);
        format!(
            "In part {n} of story {page} the {this} was closed for {} days, and the {that} after it.",
            n + 7
        )
    };
    let story = |page: usize| (0..8).map(|n| paragraph(page, n)).collect::<Vec<_>>().join("\n\n");
    let versions =
        |copy: usize| format!("Seen by our reporter at {} in the morning.\n\n{}", copy + 3, story(0));
    for others in [0, 1, 9] {
        for copies in 2..8 {
            let pages = |of: &dyn Fn(usize) -> String| -> Vec<String> {
                (0..copies).map(of).chain((1..=others).map(&story)).collect()
            };
            let title = |_| "The mayor of Elvaholm resigned.".to_owned();
            for (what, pages, of_first) in [
                ("the same", pages(&|_| story(0)), story(0)),
                ("versions", pages(&versions), story(0)),
                ("short", pages(&title), title(0)),
            ] {
                let left = texts_left(&pages, "boilerplate,document,repeat,passage");
                assert_eq!(left.len(), 1 + others, "{what}: {copies} copies, {others} others");
                let first = &left[0];
                assert!(first.ends_with(&of_first), "{what}: {copies} copies, {others} others: {first}");
            }
        }
    }
}

/// Versions that differ too much to be copies of one another were once taken for furniture where they were many of the pages of a
/// site: nothing was left of any.
#[test]
fn an_article_stays_however_many_of_the_pages_of_its_site_are_versions_of_it() {
    let rng = &mut fastrand::Rng::with_seed(5);
    let notice: Vec<String> = (0..6).map(|_| newsroom::sentence(rng)).collect();
    let page = |paragraphs: &[String]| {
        format!("Home\nNews\nSport\n\n{}\n\nShare\nPrint\n\n{}", paragraphs.join("\n\n"), notice.join("\n\n"))
    };
    for others in [1, 6, 12, 30] {
        for versions in [4, 6, 12, 16] {
            let article = [newsroom::story(rng), newsroom::story(rng)].concat();
            let mut pages: Vec<String> = (0..versions)
                .map(|version| {
                    let mut paragraphs = article.clone();
                    paragraphs[0] = newsroom::sentence(rng);
                    paragraphs.remove(1 + version % (article.len() - 1));
                    page(&paragraphs)
                })
                .collect();
            pages.extend((0..others).map(|_| page(&newsroom::story(rng))));
            let left = texts_left(&pages, "boilerplate");
            let stays = |text: &String| article.iter().filter(|paragraph| text.contains(*paragraph)).count();
            let most = left[..versions].iter().map(stays).max().unwrap();
            assert!(
                3 * most >= 2 * article.len(),
                "{others} others, {versions} versions: {most} of {}",
                article.len()
            );
            let notices = left.iter().filter(|text| text.contains(&notice[0])).count();
            assert_eq!(notices, 0, "{others} others, {versions} versions");
        }
    }
}

/// Of a blog whose front page, sections and months hold whole articles hardly any of these once stayed anywhere.
#[test]
fn articles_stay_that_the_lists_of_a_site_hold_as_well() {
    let rng = &mut fastrand::Rng::with_seed(7);
    let notice: Vec<String> = (0..4).map(|_| newsroom::sentence(rng)).collect();
    let page = |articles: &[Vec<String>]| {
        let articles = articles.concat().join("\n\n");
        format!("Home\nAbout\nArchive\n\n{articles}\n\nShare\nPrint\n\n{}", notice.join("\n\n"))
    };
    for size in [8, 15, 30] {
        let articles: Vec<Vec<String>> = (0..size).map(|_| newsroom::story(rng)).collect();
        let section = |of: usize| articles.iter().skip(of).step_by(3).take(6).cloned().collect::<Vec<_>>();
        let pages: Vec<String> = (articles.iter().map(|article| page(std::slice::from_ref(article))))
            .chain(articles.chunks(5).map(page))
            .chain((0..3).map(|of| page(&section(of))))
            .chain(articles.chunks(8).map(page))
            .collect();
        let left = texts_left(&pages, "boilerplate");
        let own = articles.iter().zip(&left);
        let gone =
            own.map(|(article, text)| article.iter().filter(|p| !text.contains(*p)).count()).sum::<usize>();
        assert!(20 * gone <= articles.concat().len(), "{size}: {gone} of {}", articles.concat().len());
        assert!(!left.iter().any(|text| text.contains(&notice[0])), "{size}");
    }
}

/// A paragraph that a few articles of a site tell again once went from all of them, as if it were furniture.
#[test]
fn background_stays_that_several_articles_of_a_site_tell() {
    let rng = &mut fastrand::Rng::with_seed(9);
    let notice: Vec<String> = (0..6).map(|_| newsroom::sentence(rng)).collect();
    for (tell, of) in [(2, 6), (3, 6), (4, 12), (6, 40), (9, 40)] {
        let background: String =
            (0..4).map(|_| newsroom::sentence(rng)).collect::<Vec<_>>().join(" ").replace(['.', '?'], ",")
                + ".";
        let pages: Vec<String> = (0..of)
            .map(|number| {
                let mut paragraphs = newsroom::story(rng);
                if number < tell {
                    paragraphs.insert(1 + number % (paragraphs.len() - 1), background.clone());
                }
                let article = paragraphs.join("\n\n");
                format!("Home\nNews\nSport\n\n{article}\n\nShare\nPrint\n\n{}", notice.join("\n\n"))
            })
            .collect();
        let left = texts_left(&pages, "boilerplate");
        let stays = left.iter().filter(|text| text.contains(&background)).count();
        assert_eq!(stays, tell, "of {of}");
        assert!(!left.iter().any(|text| text.contains(&notice[0])), "{tell} of {of}");
    }
}

/// Two cases of one rule once were one, for they have the same pairs of words.
#[test]
fn the_same_words_in_another_order_are_no_copy() {
    let (less, greater) = ("less than zero", "greater than zero");
    let case = |first: &str, second: &str, result: &str| {
        format!(
            "If the first argument is positive zero and the second argument is {first}, or the first argument is positive \
             infinity and the second argument is {second}, then the result is positive {result}."
        )
    };
    let other =
        "The last lines of this page tell what is given back where none of the cases above is met by them.";
    let swapped = "York beat Leeds and lost to Hull, and Hull beat York and lost to Leeds, and that was all of the day.";
    let again = "Hull beat Leeds and lost to York, and York beat Hull and lost to Leeds, and that was all of the day.";
    let page =
        [&case(greater, less, "zero"), other, &case(less, greater, "infinity"), swapped, again].join("\n\n");
    assert_eq!(texts_left(std::slice::from_ref(&page), "repeat"), [page.as_str()]);
    let nearly = [case(greater, less, "zero"), other.into(), case(greater, less, "zero indeed")].join("\n\n");
    assert!(texts_left(std::slice::from_ref(&nearly), "repeat")[0].len() < nearly.len());
}

#[test]
fn the_witness_of_a_removed_document_stays_and_is_as_similar_as_its_receipt_says() {
    let corpus = cleaned();
    let left = documents_left(corpus);
    let mut rules: HashMap<&str, usize> = HashMap::new();
    for receipt in &corpus.receipts {
        let Some(document) = &receipt.document else { continue };
        assert!(corpus.kept(document.witness.record), "the witness of {} went", receipt.record);
        let (copy, witness) = (&left[receipt.record as usize], &left[document.witness.record as usize]);
        let (measured, threshold) = match document.rule.as_str() {
            "same-words" => (jaccard(copy, witness), 1.0),
            "near-duplicate" => (jaccard(copy, witness), 0.7),
            "contained" => (containment(copy, witness), 0.9),
            rule => panic!("rule {rule}"),
        };
        let said = f64::from(document.score);
        assert!((measured - said).abs() < 1e-6, "record {}: {said}, but {measured}", receipt.record);
        assert!(measured >= threshold, "record {}: {measured}", receipt.record);
        *rules.entry(document.rule.as_str()).or_default() += 1;
    }
    assert_eq!(rules.len(), 3, "{rules:?}");
}

#[test]
fn the_witness_of_a_line_stays_and_is_as_similar_as_its_receipt_says() {
    let corpus = cleaned();
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for receipt in &corpus.receipts {
        for cut in &receipt.cuts {
            let Some(witness) = &cut.witness else { continue };
            assert!(corpus.kept(witness.record), "{cut:?}");
            let overlaps = |c: &&dechaff::clean::receipt::Cut| c.start < witness.end && witness.start < c.end;
            if let Some(over) = corpus.receipt(witness.record).and_then(|r| r.cuts.iter().find(overlaps)) {
                panic!("record {}: the witness of\n{cut:?}\ngoes itself:\n{over:?}", receipt.record);
            }
            let stays = &corpus.texts[witness.record as usize][witness.start as usize..witness.end as usize];
            let measured = jaccard(&grams(&unit_words(cut.removed.trim()), 3), &grams(&unit_words(stays), 3));
            let said = f64::from(witness.similarity);
            assert!((measured - said).abs() < 1e-6, "{said}, but {measured}: {cut:?}");
            assert!(measured >= 0.8, "{cut:?}");
            *kinds.entry(cut.kind.name()).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 2, "repeats and passages have witnesses: {kinds:?}");
}
