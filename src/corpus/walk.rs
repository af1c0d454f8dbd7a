//! Files and folders to the list of files to read, in a stable order, each with its name in the output.

use crate::error::{Error, Result};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// One document.
    Text,
}

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name below `documents/`, with `/` between folders.
    pub name: String,
    /// What it holds.
    pub format: Format,
    /// The first folder below the root that was given, if it lies in one.
    pub folder: Option<String>,
}

/// All files of a run, and those that were passed over.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Files to read, in order.
    pub files: Vec<InputFile>,
    /// Files in folders whose names say that they are of no format that dechaff reads.
    pub passed_over: Vec<PathBuf>,
}

const UNSUPPORTED: [&str; 13] =
    ["gz", "zst", "bz2", "xz", "lz4", "parquet", "warc", "wet", "wat", "arc", "csv", "tsv", "zip"];

/// Lists the files of `inputs`: files as they are given, folders recursively by name.
pub fn list(inputs: &[PathBuf]) -> Result<Inputs> {
    let mut found = Inputs::default();
    let mut names = Names::default();
    for input in inputs {
        let meta = std::fs::metadata(input).map_err(Error::io("read", input))?;
        if meta.is_dir() {
            list_folder(input, &mut found, &mut names)?;
        } else {
            let extension = extension(input);
            if UNSUPPORTED.contains(&extension.as_str()) {
                return Err(Error::Input(format!(
                    "{}: files of type .{extension} are not read yet; unpack or convert it to .jsonl first",
                    input.display()
                )));
            }
            let name = input.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let format = format_of(&extension).unwrap_or(Format::Text);
            let name = names.unique(name);
            found.files.push(InputFile { path: input.clone(), name, format, folder: None });
        }
    }
    if found.files.is_empty() {
        let reason = if found.passed_over.is_empty() {
            "no files in the input"
        } else {
            "no .jsonl, .ndjson, .json or text files in the input"
        };
        return Err(Error::Input(reason.into()));
    }
    Ok(found)
}

fn list_folder(root: &Path, found: &mut Inputs, names: &mut Names) -> Result<()> {
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(root).to_path_buf();
            let source = e.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links"));
            Error::Io { action: "read", path, source }
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.into_path();
        let Some(format) = format_of(&extension(&path)) else {
            found.passed_over.push(path);
            continue;
        };
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<String> = relative
            .components()
            .filter_map(|c| {
                if let Component::Normal(part) = c { Some(part.to_string_lossy().into_owned()) } else { None }
            })
            .collect();
        let folder = (parts.len() > 1).then(|| parts[0].clone());
        let name = names.unique(parts.join("/"));
        found.files.push(InputFile { path, name, format, folder });
    }
    Ok(())
}

fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// What a file of this name holds; a file whose name does not tell is a text.
pub fn format_of_name(name: &str) -> Format {
    format_of(&extension(Path::new(name))).unwrap_or(Format::Text)
}

fn format_of(extension: &str) -> Option<Format> {
    match extension {
        "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
        "txt" | "text" | "md" => Some(Format::Text),
        _ => None,
    }
}

/// Names in the output that are taken.
#[derive(Default)]
struct Names {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    /// The name, or one in a numbered folder where a file or a folder of another input has it.
    fn unique(&mut self, name: String) -> String {
        let mut out = name.clone();
        let mut number = 2;
        while self.is_taken(&out) {
            out = format!("{number}/{name}");
            number += 1;
        }
        self.folders.extend(parents(&out).map(str::to_owned));
        self.files.insert(out.clone());
        out
    }

    fn is_taken(&self, name: &str) -> bool {
        self.files.contains(name)
            || self.folders.contains(name)
            || parents(name).any(|p| self.files.contains(p))
    }
}

fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_listed_by_name_and_same_names_kept_apart() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a/site1/x.txt", "a/b.jsonl", "b/b.jsonl", "b/c.bin"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let inputs = list(&[dir.path().join("a"), dir.path().join("b")]).unwrap();
        let names: Vec<&str> = inputs.files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["b.jsonl", "site1/x.txt", "2/b.jsonl"]);
        assert_eq!(inputs.files[1].folder.as_deref(), Some("site1"));
        assert_eq!(inputs.passed_over.len(), 1);
    }

    #[test]
    fn formats_that_are_not_read_yet_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        fs::write(&path, "x").unwrap();
        assert!(list(&[path]).unwrap_err().to_string().contains(".parquet are not read yet"));
    }
}
