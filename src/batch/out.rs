//! The output folder: made under a temporary name beside its final one, renamed when it is whole.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Refuses an output that would be written over something that is not ours, or over the input.
pub fn check(output: &Path, inputs: &[PathBuf], force: bool) -> Result<()> {
    let refuse = |reason: String| Err(Error::Output { path: output.to_path_buf(), reason });
    let absolute = absolute(output)?;
    for input in inputs {
        let input_path = fs::canonicalize(input).map_err(Error::io("read", input))?;
        if absolute.starts_with(&input_path) || input_path.starts_with(&absolute) {
            return refuse(format!(
                "the output and the input {} must not lie in each other",
                input.display()
            ));
        }
    }
    match fs::symlink_metadata(output) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::Io { action: "look at", path: output.to_path_buf(), source: e }),
        Ok(meta) if !meta.is_dir() => refuse("exists and is not a folder".into()),
        Ok(_) if is_empty(output)? => Ok(()),
        Ok(_) if !output.join("summary.json").is_file() => {
            refuse("exists and is not an output of dechaff; name another folder".into())
        }
        Ok(_) if force => Ok(()),
        Ok(_) => refuse("exists; name another folder, or replace it with --force".into()),
    }
}

/// The real path of what may not exist yet: that of its nearest ancestor that does, and the rest as it is named.
fn absolute(path: &Path) -> Result<PathBuf> {
    let full = std::path::absolute(path).map_err(Error::io("name", path))?;
    for ancestor in full.ancestors() {
        if let Ok(real) = fs::canonicalize(ancestor) {
            let rest = full.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return Ok(rest.components().fold(real, |mut at, part| {
                match part {
                    std::path::Component::ParentDir => drop(at.pop()),
                    part => at.push(part),
                }
                at
            }));
        }
    }
    Ok(full)
}

fn is_empty(path: &Path) -> Result<bool> {
    Ok(fs::read_dir(path).map_err(Error::io("read", path))?.next().is_none())
}

/// A folder that is being written. Dropped before [`Folder::finish`], it vanishes.
pub struct Folder {
    partial: PathBuf,
    target: PathBuf,
    done: bool,
}

impl Folder {
    /// Starts the folder under a temporary name.
    pub fn begin(target: &Path) -> Result<Folder> {
        let name =
            target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_else(|| "out".into());
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&parent).map_err(Error::io("make", &parent))?;
        let partial = parent.join(format!(".{name}.dechaff-unfinished-{}", std::process::id()));
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::io("remove", &partial))?;
        }
        fs::create_dir(&partial).map_err(Error::io("make", &partial))?;
        Ok(Folder { partial, target: target.to_path_buf(), done: false })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Writes a small file.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.partial.join(name);
        let mut file = File::create(&path).map_err(Error::io("make", &path))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io("write", &path))
    }

    /// Gives the folder its name. What stood there (an output of dechaff, checked before) goes first.
    pub fn finish(mut self) -> Result<()> {
        if self.target.exists() {
            let old = self.partial.with_extension("replaced");
            fs::rename(&self.target, &old).map_err(Error::io("move", &self.target))?;
            let renamed = fs::rename(&self.partial, &self.target);
            if renamed.is_err() {
                fs::rename(&old, &self.target).map_err(Error::io("move back", &self.target))?;
            }
            renamed.map_err(Error::io("rename", &self.target))?;
            self.done = true;
            fs::remove_dir_all(&old).map_err(Error::io("remove", &old))?;
        } else {
            fs::rename(&self.partial, &self.target).map_err(Error::io("rename", &self.target))?;
            self.done = true;
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.done {
            // Nothing can be told from here; the name says that it is unfinished.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// A file below the folder, made with its parents when the first byte is written.
pub struct LazyFile {
    path: PathBuf,
    file: Option<std::io::BufWriter<File>>,
}

impl LazyFile {
    /// A file that does not exist yet.
    pub fn new(path: PathBuf) -> LazyFile {
        LazyFile { path, file: None }
    }

    /// Makes the file even if nothing is written.
    pub fn touch(&mut self) -> Result<()> {
        if self.file.is_none() {
            if let Some(parent) = self.path.parent() {
                fs::create_dir_all(parent).map_err(Error::io("make", parent))?;
            }
            let file = File::create(&self.path).map_err(Error::io("make", &self.path))?;
            self.file = Some(std::io::BufWriter::with_capacity(1 << 18, file));
        }
        Ok(())
    }

    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.touch()?;
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(Error::io("write", &self.path)),
            None => Ok(()),
        }
    }

    /// Flushes and makes sure that it is on disk.
    pub fn finish(self) -> Result<()> {
        let Some(file) = self.file else { return Ok(()) };
        let path = self.path;
        let file = file.into_inner().map_err(|e| Error::Io {
            action: "write",
            path: path.clone(),
            source: e.into_error(),
        })?;
        file.sync_all().map_err(Error::io("write", &path))
    }
}
