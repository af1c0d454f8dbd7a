//! Files and folders to the list of files to read, in a stable order, each with its name in the output.

use super::format::{self, Compression, Format};
use crate::error::{Error, Result};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name below `documents/`, with `/` between folders.
    pub name: String,
    /// What its name says that it holds.
    pub format: Option<Format>,
    /// The first folder below the root that was given, if it lies in one.
    pub folder: Option<String>,
    /// Whether it was named itself, and not found in a folder.
    pub named: bool,
    /// Of it no more than about so many bytes are read, unpacked: for a trial.
    pub most: Option<u64>,
}

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files and folders named as arguments.
    pub named: Vec<PathBuf>,
    /// Files and folders named in a list: their names in the output keep their folders.
    pub listed: Vec<PathBuf>,
}

impl Inputs {
    /// All of them.
    pub fn all(&self) -> Vec<PathBuf> {
        self.named.iter().chain(&self.listed).cloned().collect()
    }
}

/// All files of a run, and those that were passed over.
#[derive(Debug, Default)]
pub struct Found {
    /// Files to read, in order.
    pub files: Vec<InputFile>,
    /// Files in folders whose names say that they are of no format that dechaff reads.
    pub passed_over: Vec<PathBuf>,
    /// Folders and links within folders that cannot be followed, and why.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Lists the files of `inputs`: files as they are given, folders recursively by name.
///
/// # Errors
/// An input that is not there, or none at all.
pub fn list(inputs: &Inputs) -> Result<Found> {
    let mut found = Found::default();
    let mut names = Names::default();
    let listed = inputs.listed.iter().map(|i| (i, true));
    for (input, in_list) in inputs.named.iter().map(|i| (i, false)).chain(listed) {
        let meta = std::fs::metadata(input).map_err(Error::io("read", input))?;
        if meta.is_dir() {
            list_folder(input, &mut found, &mut names)?;
        } else {
            let name = if in_list {
                relative(input)
            } else {
                relative(Path::new(input.file_name().unwrap_or_default()))
            };
            let (name, format) = match format::of_name(&name) {
                // A pipe without a name of its own is read as standard input is.
                None if !meta.is_file() => (format!("{name}.jsonl"), Some(Format::JsonLines)),
                format => (name, format),
            };
            let name = names.unique(name);
            found.files.push(InputFile {
                path: input.clone(),
                name,
                format,
                folder: None,
                named: true,
                most: None,
            });
        }
    }
    if found.files.is_empty() {
        let reason = if found.passed_over.is_empty() {
            "no files in the input"
        } else {
            "no file in the input has a name of a format that dechaff reads"
        };
        return Err(Error::Input(reason.into()));
    }
    Ok(found)
}

/// A path as a name below the output: without root and steps upwards, with `/` between folders.
fn relative(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .filter_map(|c| {
            if let Component::Normal(part) = c { Some(part.to_string_lossy().into_owned()) } else { None }
        })
        .collect();
    parts.join("/")
}

fn list_folder(root: &Path, found: &mut Found, names: &mut Names) -> Result<()> {
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) if e.depth() > 0 => {
                let path = e.path().unwrap_or(root).to_path_buf();
                let reason = match e.io_error() {
                    Some(source) => source.to_string(),
                    None => "a loop of links".into(),
                };
                found.unreadable.push((path, reason));
                continue;
            }
            Err(e) => {
                let source = e.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links"));
                return Err(Error::Io { action: "read", path: root.to_path_buf(), source });
            }
        };
        let (is_file, is_folder) = (entry.file_type().is_file(), entry.file_type().is_dir());
        let path = entry.into_path();
        if !is_file {
            // Pipes and the like are read where they are named.
            if !is_folder {
                found.passed_over.push(path);
            }
            continue;
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let format = format::of_name(&name);
        // What is packed under a name that tells no more is looked into.
        let (compression, inner) = Compression::of_name(&name);
        if format.is_none() && (compression == Compression::None || inner.contains('.')) {
            found.passed_over.push(path);
            continue;
        }
        let name = relative(path.strip_prefix(root).unwrap_or(&path));
        let folder = name.split_once('/').map(|(first, _)| first.to_owned());
        let name = names.unique(name);
        found.files.push(InputFile { path, name, format, folder, named: false, most: None });
    }
    Ok(())
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
        let named = vec![dir.path().join("a"), dir.path().join("b")];
        let inputs = list(&Inputs { named, listed: Vec::new() }).unwrap();
        let names: Vec<&str> = inputs.files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["b.jsonl", "site1/x.txt", "2/b.jsonl"]);
        assert_eq!(inputs.files[1].folder.as_deref(), Some("site1"));
        assert_eq!(inputs.passed_over.len(), 1);
    }
}
