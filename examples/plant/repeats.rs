//! Plants repeats: captions printed again, headlines printed below, paragraphs
//! printed twice, exactly or with small edits.

use crate::article::Maker;
use crate::page::{Block, Mark};
use crate::plan::Role;
use crate::rng::Rng;
use crate::score::words::{count_words, jaccard, rounded};

/// Near copies have at least this Jaccard index of word 3-grams.
const CLOSE: f64 = 0.85;

/// Plants repeats in one page of three or four; none on pages of near-misses
/// whose own lines come back.
pub fn plant(maker: &Maker, number: usize, role: Role, head: &mut Block, body: &mut Vec<Block>) {
    if matches!(role, Role::Song | Role::Dialogue | Role::Table | Role::CaptionLike) {
        return;
    }
    let mut rng = maker.rng("repeats", number);
    let mut group = 0;
    if rng.chance(24) {
        let captions: Vec<usize> = (0..body.len()).filter(|&i| body[i].caption).collect();
        if !captions.is_empty() {
            let at = *rng.pick(&captions);
            let copies = *rng.pick(&[1, 1, 1, 2, 3]);
            body[at].mark = Mark::Original(group);
            let original = body[at].text.clone();
            for _ in 0..copies {
                let place = if rng.chance(50) { at + 1 } else { rng.range(at + 1, body.len()) };
                let copy = copy_of(&original, "caption", group, &mut rng);
                body.insert(place, copy);
            }
            group += 1;
        }
    }
    if rng.chance(5) {
        head.mark = Mark::Original(group);
        let copy = copy_of(&head.text, "headline", group, &mut rng);
        let place = if rng.chance(60) { 0 } else { rng.below(body.len()) };
        body.insert(place, copy);
        group += 1;
    }
    if rng.chance(5) {
        let paragraphs: Vec<usize> = (0..body.len())
            .filter(|&i| {
                let block = &body[i];
                let plain = matches!(block.mark, Mark::Body) && block.decoy.is_none();
                plain && !block.caption && count_words(&block.text) >= 15
            })
            .collect();
        if !paragraphs.is_empty() {
            let at = *rng.pick(&paragraphs);
            body[at].mark = Mark::Original(group);
            let copy = copy_of(&body[at].text, "paragraph", group, &mut rng);
            let place = rng.range(at + 1, body.len());
            body.insert(place, copy);
        }
    }
}

fn copy_of(original: &str, what: &str, group: u64, rng: &mut Rng) -> Block {
    let near = count_words(original) >= 12 && rng.chance(45);
    let text = if near { near_copy(original, rng) } else { original.to_string() };
    let manner = if text == original { "exact" } else { "near" };
    let mut block = Block::body(text);
    block.mark = Mark::Cut {
        kind: "repeat",
        rule: format!("{manner}: {what}"),
        group: Some(group),
        similarity: Some(rounded(jaccard(original, &block.text, 3))),
        also: false,
    };
    block
}

/// The text with a small edit.
fn near_copy(original: &str, rng: &mut Rng) -> String {
    for _ in 0..8 {
        let mut words: Vec<String> = original.split(' ').map(str::to_string).collect();
        let last = words.len() - 1;
        match rng.below(6) {
            0 => words.push("(Archive)".to_string()),
            1 => words.push((*rng.pick(&["File picture.", "Enlarge image"])).to_string()),
            2 => {
                words.remove(0);
            }
            3 => words[last] = (*rng.pick(&["yesterday.", "today.", "there."])).to_string(),
            4 => {
                let at = rng.range(1, last);
                words[at] = (*rng.pick(&["new", "own", "other", "local"])).to_string();
            }
            _ => {
                let at = rng.range(1, last);
                words.remove(at);
            }
        }
        let text = words.join(" ");
        if text != original && jaccard(original, &text, 3) >= CLOSE {
            return text;
        }
    }
    match original.strip_suffix('.') {
        Some(bare) => bare.to_string(),
        None => format!("{original}."),
    }
}
