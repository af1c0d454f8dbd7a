//! What cannot be used, or has no place in another format, is set aside and told, and costs nothing beside it.

use crate::program::expect;
use dechaff::corpus::format::Compression;
use dechaff::corpus::packing::pack;
use serde_json::Value;
use std::fs;

#[test]
fn what_has_no_place_in_another_format_is_set_aside_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let first = r#"[{"id":1,"text":"the first one"}"#;
    for (number, behind) in
        ["]\n[{\"id\":2,\"text\":\"and another\"}]\n", "] and another", "],\n{\"another\":1}"]
            .into_iter()
            .enumerate()
    {
        fs::write(path("a.json"), format!("{first}{behind}")).unwrap();
        for format in ["jsonl", "csv", "parquet", "json.gz"] {
            let (out, back) = (format!("out{number}{format}"), format!("back{number}{format}"));
            let converts = !format.contains("gz");
            let to = if converts { format } else { "gz" };
            let ran = expect(dir.path(), &["clean", "a.json", "-o", &out, "-q", "--output-format", to], 1);
            assert!(ran.stderr.contains("no record"), "{}", ran.stderr);
            expect(dir.path(), &["verify", &out, "-q"], 0);
            let ran = expect(dir.path(), &["restore", &out, "-o", &back], 0);
            if converts {
                let aside = fs::read_to_string(path(&out).join("rejected/a.json")).unwrap();
                assert!(aside.contains(behind), "{aside}");
                assert!(ran.stderr.contains("1 rejected records are in"), "{}", ran.stderr);
                assert!(ran.stderr.contains("1 records in 1 files") && ran.stderr.contains(" 0 rejected"));
            } else {
                assert_eq!(
                    fs::read_to_string(path(&back).join("a.json")).unwrap(),
                    format!("{first}{behind}")
                );
            }
        }
    }
}

#[test]
fn copies_of_texts_come_back_from_tables_and_unreadable_files_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::create_dir(path("in")).unwrap();
    let text = "The ferry leaves the harbour at nine and comes back in the evening, as it did last year.\n";
    fs::write(path("in/a.txt"), text).unwrap();
    fs::write(path("in/b.txt"), text).unwrap();
    fs::write(path("in/c.parquet"), "PAR1\x15").unwrap();
    expect(dir.path(), &["clean", "in", "-o", "out", "-q", "--output-format", "csv"], 1);
    let told =
        "1 files could not be read when the corpus was cleaned, and nothing of them is here, c.parquet";
    for arguments in [&["verify", "out"][..], &["restore", "out", "-o", "back"], &["explain", "out", "b.txt"]]
    {
        let ran = expect(dir.path(), arguments, 0);
        assert!(ran.stderr.contains(told) || arguments[0] == "explain", "{}", ran.stderr);
    }
    let back = fs::read_to_string(path("back/b.txt.csv")).unwrap();
    assert!(back.contains("The ferry leaves"), "{back}");
    // A file whose checksum is gone may be any.
    let sums = fs::read_to_string(path("out/checksums.txt")).unwrap();
    let sums: String =
        sums.lines().filter(|l| !l.contains("documents/")).map(|l| l.to_owned() + "\n").collect();
    fs::write(path("out/checksums.txt"), sums).unwrap();
    expect(dir.path(), &["restore", "out", "-o", "again"], 2);
}

#[test]
fn damage_behind_a_whole_array_costs_no_record() {
    let dir = tempfile::tempdir().unwrap();
    let array = b"[{\"text\":\"one\"},{\"text\":\"two\"}]";
    let mut packed = pack(Compression::Gzip, None, array.to_vec()).unwrap();
    packed.extend([0; 512]);
    packed.extend(b"and more");
    fs::write(dir.path().join("a.json.gz"), packed).unwrap();
    expect(dir.path(), &["clean", "a.json.gz", "-o", "out", "-q"], 1);
    let summary: Value =
        serde_json::from_slice(&fs::read(dir.path().join("out/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["records_kept"], 2);
}
