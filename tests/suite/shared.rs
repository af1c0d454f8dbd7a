//! The five scraped documents that the project grew from. They lie beside the repository, not in it.

use crate::program::expect;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn seeds() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds");
    if !path.is_dir() {
        println!("skipped: no folder {}", path.display());
        return None;
    }
    Some(path)
}

/// The five documents before and after cleaning, by the first three characters of their names.
fn cleaned() -> Option<BTreeMap<String, (String, String)>> {
    let seeds = seeds()?;
    let dir = tempfile::tempdir().unwrap();
    expect(dir.path(), &["clean", seeds.to_str().unwrap(), "-o", "out", "-q"], 0);
    let mut both = BTreeMap::new();
    for entry in fs::read_dir(&seeds).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let before = fs::read_to_string(seeds.join(&name)).unwrap();
        let after = fs::read_to_string(dir.path().join("out/documents").join(&name)).unwrap();
        both.insert(name[..3].to_owned(), (before, after));
    }
    Some(both)
}

fn times(text: &str, line: &str) -> usize {
    text.lines().filter(|l| l.trim() == line.trim()).count()
}

#[test]
fn captions_and_headlines_of_the_first_seed_stand_once() {
    let Some(both) = cleaned() else { return };
    let (before, after) = &both["000"];
    let mut again = 0;
    for line in before.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let expected = usize::from(line != "TT");
        again += usize::from(times(before, line) > 1 && expected == 1);
        assert_eq!(times(after, line), expected, "{line}");
    }
    assert_eq!(again, 4 * 2 + 2 * 2, "each caption stood four times, each headline twice");
}

#[test]
fn slot_lines_and_the_end_mark_of_the_second_seed_go() {
    let Some(both) = cleaned() else { return };
    let after = &both["001"].1;
    assert!(!after.contains("please click here") && !after.contains("###"), "{after}");
}

#[test]
fn site_furniture_of_the_third_seed_goes() {
    let Some(both) = cleaned() else { return };
    for line in ["Source link", "Related Articles", "Check Also", "Back to top button"] {
        assert!(!both["002"].1.contains(line), "{line}");
    }
}

/// Long lines that are the site's, not the article's: they may go or stay.
const OF_THE_SITE: [&str; 2] =
    ["Kig News: Update the world's", "Donald-43Westbrook, a distinguished contributor"];

#[test]
fn no_long_line_of_any_seed_is_lost() {
    let Some(both) = cleaned() else { return };
    for (name, (before, after)) in &both {
        let long = before.lines().filter(|l| l.split_whitespace().count() >= 12);
        for line in long.filter(|l| !OF_THE_SITE.iter().any(|s| l.starts_with(s))) {
            // The two slot lines of 001 are told by their end.
            if !line.ends_with("please click here.") {
                assert!(times(after, line) >= 1, "{name}: {line}");
            }
        }
    }
}

#[test]
fn the_seeds_are_restored_byte_for_byte() {
    let Some(seeds) = seeds() else { return };
    let dir = tempfile::tempdir().unwrap();
    expect(dir.path(), &["clean", seeds.to_str().unwrap(), "-o", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    assert_eq!(crate::output::tree(&dir.path().join("back")), crate::output::tree(&seeds));
}
