//! Settings: flags over the file over the preset over the defaults.

use super::arguments::Cleaning;
use dechaff::config::Config;
use dechaff::corpus::walk::Inputs;
use dechaff::disk::RealDisk;
use dechaff::engine::Lists;
use dechaff::judge::known::KnownLines;
use dechaff::judge::model::Model;
use dechaff::store::Store;
use dechaff::{Error, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sysinfo::{MemoryRefreshKind, System};

/// The settings of a run.
pub fn config(arguments: &Cleaning) -> Result<Config> {
    let mut config = match arguments.preset {
        Some(preset) => Config::preset(preset.into()),
        None => Config::default(),
    };
    if let Some(path) = &arguments.config {
        config = over(&config, path)?;
    }
    if !arguments.only.is_empty() {
        config.only = arguments.only.iter().map(|&k| k.into()).collect();
        config.only.sort();
        config.only.dedup();
    }
    let document = &mut config.document;
    set(&mut document.threshold, arguments.threshold);
    set(&mut document.recall, arguments.recall);
    set(&mut document.shingle, arguments.shingle);
    set(&mut document.containment, arguments.containment);
    set(&mut document.keep, arguments.keep.map(Into::into));
    if !arguments.prefer.is_empty() {
        document.prefer.clone_from(&arguments.prefer);
    }
    set(&mut config.boilerplate.level, arguments.boilerplate.map(Into::into));
    set(&mut config.boilerplate.builtin, arguments.builtin.map(Into::into));
    let fields = &mut config.fields;
    set(&mut fields.text, arguments.text_field.clone());
    set(&mut fields.id, arguments.id_field.clone());
    set(&mut fields.url, arguments.url_field.clone());
    set(&mut fields.site, arguments.site_field.clone());
    set(&mut fields.date, arguments.date_field.clone());
    config.validate()?;
    Ok(config)
}

/// Where tables are kept, and within which memory.
pub fn store(arguments: &Cleaning) -> Result<Store> {
    let budget = arguments.memory.or_else(a_quarter);
    let folder = arguments.tmp_dir.clone().unwrap_or_else(std::env::temp_dir);
    if !folder.is_dir() {
        return Err(Error::Output { path: folder, reason: "--tmp-dir: no such folder".into() });
    }
    Ok(Store::new(Arc::new(RealDisk), budget, &folder))
}

/// A quarter of the memory of the machine, or of what this process may have of it; `None` where that cannot be told.
fn a_quarter() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let allowed = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    Some(system.total_memory().min(allowed) / 4).filter(|&bytes| bytes > 0)
}

/// The inputs that are named, by arguments and by a list of them.
pub fn inputs(arguments: &Cleaning) -> Result<Inputs> {
    let mut inputs = Inputs { named: arguments.inputs.clone(), listed: Vec::new() };
    if let Some(list) = &arguments.files_from {
        let mut bytes = Vec::new();
        let read = if list.as_os_str() == "-" {
            std::io::stdin().read_to_end(&mut bytes)
        } else {
            std::fs::File::open(list).and_then(|mut f| f.read_to_end(&mut bytes))
        };
        read.map_err(Error::io("read", list))?;
        let end = if arguments.null { 0 } else { b'\n' };
        for name in bytes.split(|&b| b == end) {
            let name = if arguments.null { name } else { name.strip_suffix(b"\r").unwrap_or(name) };
            if !name.is_empty() {
                inputs.listed.push(path(name)?);
            }
        }
    }
    Ok(inputs)
}

#[cfg(unix)]
fn path(name: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> Result<PathBuf> {
    let name = std::str::from_utf8(name)
        .map_err(|_| Error::Input("--files-from: a name that is not UTF-8".into()))?;
    Ok(PathBuf::from(name))
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

/// The settings of a file, over those of a preset.
fn over(base: &Config, path: &Path) -> Result<Config> {
    let text = read(path)?;
    let bad = |e: toml::de::Error| {
        let line = e.span().map_or(0, |s| text[..s.start].matches('\n').count() as u64 + 1);
        Error::Format { path: path.to_path_buf(), line, reason: e.message().to_owned() }
    };
    let file: toml::Table = toml::from_str(&text).map_err(bad)?;
    toml::from_str::<Config>(&text).map_err(bad)?;
    let mut merged = toml::Table::try_from(base)
        .map_err(|e| Error::Setting { setting: "preset".into(), reason: e.to_string() })?;
    merge(&mut merged, file);
    merged.try_into().map_err(bad)
}

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) => merge(inner, value),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// The lists and the model of a run.
pub fn lists(arguments: &Cleaning, config: &Config) -> Result<Lists> {
    let mut lists = Lists::shipped(config.boilerplate.builtin);
    add(&mut lists.known, &arguments.known)?;
    add(&mut lists.protected, &arguments.protect)?;
    if let Some(path) = &arguments.model {
        let bad = |reason| Error::Format { path: path.clone(), line: 0, reason };
        lists.model = Model::parse(&read(path)?).map_err(bad)?;
    }
    Ok(lists)
}

fn add(lines: &mut KnownLines, paths: &[PathBuf]) -> Result<()> {
    for path in paths {
        let bad = |(line, reason)| Error::Format { path: path.clone(), line, reason };
        lines.add(&read(path)?).map_err(bad)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::io("read", path))
}
