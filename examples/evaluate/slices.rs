//! Pieces and variants of a corpus to measure on.

use super::Missed;
use super::records;
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Head {
    /// Any file of lines
    corpus: PathBuf,
    /// The most bytes to take (20 MB are 20000000)
    #[arg(long)]
    bytes: usize,
    /// The file to write
    #[arg(short, long)]
    output: PathBuf,
}

#[derive(clap::Args)]
pub struct Reshape {
    /// JSON Lines
    input: PathBuf,
    /// The field whose string becomes the text; records without it are left out
    #[arg(long, default_value = "text")]
    text_from: String,
    /// Fields to leave out
    #[arg(long, value_delimiter = ',', value_name = "FIELD,...")]
    drop: Vec<String>,
    /// The file to write
    #[arg(short, long)]
    output: PathBuf,
}

pub fn head(arguments: &Head) -> Result<Missed, String> {
    let bytes = records::read(&arguments.corpus)?;
    let taken = first_lines(&bytes, arguments.bytes);
    write(&arguments.output, taken)?;
    let lines = taken.iter().filter(|&&b| b == b'\n').count();
    eprintln!("{lines} lines, {} bytes", taken.len());
    Ok(Missed::default())
}

/// The whole lines at the start of `bytes` that take at most `most` bytes, line breaks included.
fn first_lines(bytes: &[u8], most: usize) -> &[u8] {
    if bytes.len() <= most {
        return bytes;
    }
    let end = bytes[..most].iter().rposition(|&b| b == b'\n').map_or(0, |last| last + 1);
    &bytes[..end]
}

pub fn reshape(arguments: &Reshape) -> Result<Missed, String> {
    let mut out = String::new();
    for mut fields in records::rows::<Map<String, Value>>(&arguments.input)? {
        let Some(text) = fields.get(&arguments.text_from).and_then(Value::as_str) else { continue };
        if text.is_empty() {
            continue;
        }
        let text = Value::from(text);
        fields.insert("text".into(), text);
        fields.retain(|name, _| name == "text" || *name != arguments.text_from);
        fields.retain(|name, _| !arguments.drop.contains(name));
        out += &Value::Object(fields).to_string();
        out.push('\n');
    }
    write(&arguments.output, out.as_bytes())?;
    Ok(Missed::default())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|e| format!("{}: cannot write: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::first_lines;

    #[test]
    fn a_line_that_does_not_fit_is_left_out() {
        let bytes = b"ab\ncd\nef";
        assert_eq!(first_lines(bytes, 8), bytes);
        assert_eq!(first_lines(bytes, 7), b"ab\ncd\n");
        assert_eq!(first_lines(bytes, 6), b"ab\ncd\n");
        assert_eq!(first_lines(bytes, 5), b"ab\n");
        assert_eq!(first_lines(bytes, 2), b"");
    }
}
