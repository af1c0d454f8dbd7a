//! Reads output folders of the program.

use dechaff::clean::receipt::Receipt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every file below `root` by its relative name.
pub fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    if root.is_file() {
        files.insert(String::new(), fs::read(root).unwrap());
    } else if root.is_dir() {
        for entry in fs::read_dir(root).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            for (below, bytes) in tree(&entry.path()) {
                let name = if below.is_empty() { name.clone() } else { format!("{name}/{below}") };
                files.insert(name, bytes);
            }
        }
    }
    files
}

/// The lines of a file that holds a JSON value a line; none where there is no file.
pub fn json_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The receipts of an output folder, in order.
pub fn receipts(out: &Path) -> Vec<Receipt<'static>> {
    let text = fs::read_to_string(out.join("receipts/receipts.jsonl")).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The summary of an output folder.
pub fn summary(out: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap()
}

/// The text of a JSON record.
pub fn text_of(line: &str) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    record["text"].as_str().map(str::to_owned)
}
