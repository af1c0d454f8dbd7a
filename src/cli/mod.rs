//! The program: arguments to settings, a run, and its exit status.

mod arguments;
mod bars;
mod settings;

use arguments::{Arguments, Cleaning, Command};
use bars::Bars;
use clap::Parser;
use dechaff::batch::restore::Opened;
use dechaff::batch::{Outcome, Product, Run};
use dechaff::engine::Cancel;
use dechaff::report::{explain, summary};
use dechaff::{Error, Result};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Rejected records that are shown.
const SHOWN_REJECTED: usize = 10;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("dechaff: {error}");
            if let Some(hint) = hint(&error) {
                anstream::eprintln!("  {hint}");
            }
            ExitCode::from(2)
        }
    }
}

fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Setting { .. } => Some("see `dechaff clean --help` for the settings and their ranges"),
        Error::Unbalanced(_) => Some("this is a defect of dechaff; nothing was written under a final name"),
        _ => None,
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        Command::Clean(clean) => {
            cleaning(&clean.cleaning, clean.output.as_deref(), clean.receipts.as_deref(), Product::Corpus)
        }
        Command::Scan(scan) => cleaning(&scan.cleaning, scan.output.as_deref(), None, Product::Decisions),
        Command::Explain { folder, id, colour } => explain_one(&folder, &id, colour.wanted()),
        Command::Restore { folder, output, force, quiet } => {
            let done = Opened::new(&folder)?.restore(&output, force)?;
            if !quiet {
                anstream::eprintln!(
                    "{} records in {} files: {} cut ones put back, {} removed ones, {} rejected ones",
                    summary::grouped(done.records),
                    summary::grouped(done.files),
                    summary::grouped(done.cut),
                    summary::grouped(done.removed),
                    summary::grouped(done.rejected)
                );
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn cleaning(
    arguments: &Cleaning,
    output: Option<&Path>,
    receipts: Option<&Path>,
    product: Product,
) -> Result<ExitCode> {
    let config = settings::config(arguments)?;
    let lists = settings::lists(arguments, &config)?;
    if let Some(threads) = arguments.threads {
        // Fails only if the pool exists already, and nothing ran before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let cancel = Arc::new(Cancel::default());
    let on_signal = Arc::clone(&cancel);
    let piped = arguments.inputs.iter().any(|i| i.as_os_str() == "-");
    let _ = ctrlc::set_handler(move || {
        // A pipe may wait for its input for ever; it has written nothing under a final name.
        if piped || on_signal.requested() {
            eprintln!("dechaff: interrupted");
            std::process::exit(2);
        }
        on_signal.request();
    });
    let bars = Bars::new(arguments.quiet);
    let list_files: Vec<PathBuf> =
        arguments.known.iter().chain(&arguments.protect).chain(&arguments.model).cloned().collect();
    let run = Run {
        config: &config,
        list_files: &list_files,
        lists: &lists,
        site: arguments.site.as_deref(),
        progress: &bars,
        cancel: &cancel,
    };
    let began = Instant::now();
    let outcome = if piped {
        if arguments.inputs.len() > 1 {
            return Err(Error::Input("`-` stands alone: standard input cannot be mixed with files".into()));
        }
        if product == Product::Decisions {
            let mut nowhere = std::io::sink();
            run.pipe(std::io::stdin().lock(), &mut nowhere, output.map(|p| (p, arguments.force)))?
        } else if output.is_some() {
            return Err(Error::Input("with `-` the cleaned records go to standard output; leave -o out, and name a folder for receipts by --receipts".into()));
        } else {
            let mut out = std::io::BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
            run.pipe(std::io::stdin().lock(), &mut out, receipts.map(|p| (p, arguments.force)))?
        }
    } else {
        if receipts.is_some() {
            return Err(Error::Input(
                "--receipts goes with `-`; with files the receipts are in the output folder".into(),
            ));
        }
        if product == Product::Corpus && output.is_none() {
            return Err(Error::Input("name a folder for the output: -o OUT".into()));
        }
        run.files(&arguments.inputs, output, product, arguments.force)?
    };
    bars.clear();
    tell(&outcome, arguments, output.or(receipts), product, began.elapsed().as_secs_f64());
    Ok(if outcome.summary.records_rejected > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn tell(outcome: &Outcome, arguments: &Cleaning, folder: Option<&Path>, product: Product, seconds: f64) {
    for rejected in outcome.rejected.iter().take(arguments.show_rejected.unwrap_or(SHOWN_REJECTED)) {
        anstream::eprintln!("dechaff: {rejected}");
    }
    let more = outcome.rejected.len().saturating_sub(arguments.show_rejected.unwrap_or(SHOWN_REJECTED));
    if more > 0 {
        anstream::eprintln!("dechaff: {more} more rejected records (--show-rejected N shows more)");
    }
    if !outcome.passed_over.is_empty() {
        let first: &PathBuf = &outcome.passed_over[0];
        anstream::eprintln!(
            "dechaff: passed over {} files that are not .jsonl, .ndjson, .json or text, {} first",
            outcome.passed_over.len(),
            first.display()
        );
    }
    if arguments.quiet {
        return;
    }
    let text = outcome.summary.to_text(seconds);
    let on_stdout = product == Product::Decisions;
    if on_stdout {
        let _ = write!(anstream::stdout(), "{text}");
    } else {
        let _ = write!(anstream::stderr(), "{text}");
    }
    if let Some(folder) = folder {
        let what = if product == Product::Corpus && !arguments.inputs.iter().any(|i| i.as_os_str() == "-") {
            "documents/ is clean; "
        } else {
            ""
        };
        anstream::eprintln!(
            "{:<12} {}: {what}receipts/ explains every cut; `dechaff explain {} ID` shows one document",
            "where",
            folder.display(),
            folder.display()
        );
    }
}

fn explain_one(folder: &Path, id: &str, colour: Option<bool>) -> Result<ExitCode> {
    let opened = Opened::new(folder)?;
    let receipts = opened.find(id);
    if receipts.is_empty() {
        anstream::eprintln!("dechaff: nothing was cut from a document with the id `{id}`, or there is none");
        return Ok(ExitCode::from(1));
    }
    let colour =
        colour.unwrap_or_else(|| std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let mut out = std::io::stdout().lock();
    for receipt in receipts {
        let shown = match opened.original_text(receipt)? {
            Some(text) => explain::explain(receipt, &text, colour),
            None => explain::explain_cuts(receipt, colour),
        };
        out.write_all(shown.as_bytes()).map_err(Error::io("write", "-"))?;
    }
    Ok(ExitCode::SUCCESS)
}
