//! The program: arguments to settings, a run, and its exit status.

mod arguments;
mod bars;
mod settings;

use arguments::{Arguments, Cleaning, Command};
use bars::Bars;
use clap::Parser;
use dechaff::batch::annotate::Emit;
use dechaff::batch::opened::Opened;
use dechaff::batch::out::Earlier;
use dechaff::batch::restore::restore;
use dechaff::batch::verify::verify;
use dechaff::batch::{BATCH, MAX_EXPANSION, Outcome, Output, Product, Run, TELL_REJECTED};
use dechaff::corpus::walk::{self, Inputs};
use dechaff::disk::RealDisk;
use dechaff::engine::Cancel;
use dechaff::report::{explain, summary};
use dechaff::{Error, Result};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// From so many bytes of input on a run says beforehand what it will take.
const LARGE: u64 = 1 << 30;

/// Writes a line to standard error. Where nobody can be told, what was done is done.
macro_rules! told {
    ($($what:tt)*) => {
        _ = writeln!(anstream::stderr(), $($what)*)
    };
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            told!("dechaff: {error}");
            if let Some(hint) = hint(&error) {
                told!("  {hint}");
            }
            ExitCode::from(2)
        }
    }
}

fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Interrupted => {
            Some("nothing was written under a final name; --resume goes on where files were finished")
        }
        Error::Setting { .. } => Some("see `dechaff clean --help` for the settings and their ranges"),
        Error::Unbalanced(_) => Some("this is a defect of dechaff; nothing was written under a final name"),
        _ => None,
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        Command::Clean(clean) => {
            let output = clean_output(&clean)?;
            let places = (clean.output.as_deref(), clean.receipts.as_deref());
            cleaning(&clean.cleaning, places, output, Product::Corpus)
        }
        Command::Scan(scan) => {
            let output =
                Output { force: scan.cleaning.force, earlier: Earlier::Replace, ..Output::default() };
            cleaning(&scan.cleaning, (scan.output.as_deref(), None), output, Product::Decisions)
        }
        Command::Verify { folder, quiet } => verify_one(&folder, quiet),
        Command::Explain { folder, id, colour } => explain_one(&folder, &id, colour.wanted()),
        Command::Restore { folder, output, force, quiet } => {
            let opened = Opened::new(&RealDisk, &folder)?;
            let done = restore(&opened, &output, force)?;
            if !quiet {
                told!(
                    "{} records in {} files: {} cut ones put back, {} removed ones, {} rejected ones",
                    summary::grouped(done.records),
                    summary::grouped(done.files),
                    summary::grouped(done.cut),
                    summary::grouped(done.removed),
                    summary::grouped(done.rejected)
                );
            }
            if done.set_aside > 0 {
                told!(
                    "dechaff: {} rejected records are in {} and not put back: they have no place in the format that their \
                     files were written in",
                    summary::grouped(done.set_aside),
                    folder.join("rejected").display()
                );
            }
            tell_unreadable(&opened.unreadable);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Files of the input that an output holds nothing of.
fn tell_unreadable(files: &[String]) {
    if let Some(first) = files.first() {
        told!(
            "dechaff: {} files could not be read when the corpus was cleaned, and nothing of them is here, {first} first; \
             rejected.jsonl tells why",
            summary::grouped(files.len() as u64)
        );
    }
}

fn clean_output(clean: &arguments::Clean) -> Result<Output> {
    let mut output = Output { level: clean.level, force: clean.cleaning.force, ..Output::default() };
    if !clean.emit.is_empty() {
        output.emit = clean.emit.iter().map(|&e| e.into()).collect();
        if output.emits(Emit::Documents) && output.emits(Emit::Field) {
            return Err(Error::Input(
                "--emit: documents are either cleaned (documents) or whole with a field (field)".into(),
            ));
        }
    }
    if let Some(conversion) = clean.output_format {
        output.conversion = conversion;
    }
    output.earlier = match (clean.resume, clean.cleaning.force) {
        (true, _) => Earlier::Resume,
        (_, true) => Earlier::Replace,
        _ => Earlier::Refuse,
    };
    Ok(output)
}

fn cleaning(
    arguments: &Cleaning,
    (folder, receipts): (Option<&Path>, Option<&Path>),
    output: Output,
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
    let waits = piped || arguments.inputs.iter().any(|i| i.exists() && !i.is_file() && !i.is_dir());
    let _ = ctrlc::set_handler(move || {
        // A pipe may wait for its input for ever; it has written nothing under a final name.
        if waits || on_signal.requested() {
            told!("dechaff: interrupted");
            std::process::exit(2);
        }
        on_signal.request();
    });
    let bars = Bars::new(arguments.quiet);
    let list_files: Vec<PathBuf> =
        arguments.known.iter().chain(&arguments.protect).chain(&arguments.model).cloned().collect();
    let run = Run {
        list_files: &list_files,
        site: arguments.site.as_deref(),
        encoding: arguments.encoding,
        tell_rejected: arguments.show_rejected.unwrap_or(TELL_REJECTED),
        max_expansion: arguments.max_expansion.unwrap_or(MAX_EXPANSION),
        on_error: arguments.on_error.map(Into::into).unwrap_or_default(),
        output,
        batch: arguments.batch_size.unwrap_or(BATCH),
        store: Arc::new(settings::store(arguments)?),
        progress: &bars,
        ..Run::new(&config, &lists, &cancel)
    };
    let began = Instant::now();
    let outcome = if piped {
        piped_run(&run, arguments, (folder, receipts), product)?
    } else {
        if receipts.is_some() {
            return Err(Error::Input(
                "--receipts goes with `-`; with files the receipts are in the output folder".into(),
            ));
        }
        if product == Product::Corpus && folder.is_none() && !arguments.forecast {
            return Err(Error::Input("name a folder for the output: -o OUT".into()));
        }
        let inputs = settings::inputs(arguments)?;
        run.check_output(&inputs, folder)?;
        let written = folder.is_some() || product == Product::Corpus;
        if arguments.forecast {
            let forecast = run.forecast(&inputs, product, written)?;
            bars.clear();
            say(&(forecast.to_text() + "\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        if !arguments.quiet && size_of_all(&inputs) >= LARGE {
            match run.forecast(&inputs, product, written) {
                Ok(forecast) => {
                    told!("dechaff: {}", forecast.to_text());
                    if let Some(lack) = run.lack_of_room(&forecast, folder) {
                        told!("dechaff: {lack}");
                    }
                }
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                // What is wrong with the input the run itself tells better, if it matters.
                Err(error) => told!("dechaff: no forecast ({error})"),
            }
        }
        run.files(&inputs, folder, product)?
    };
    bars.clear();
    tell(&outcome, arguments, folder.or(receipts), product, began.elapsed().as_secs_f64())?;
    let lacking = outcome.summary.records_rejected + outcome.summary.files_unreadable > 0;
    Ok(if lacking { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Bytes of all inputs that can be looked at.
fn size_of_all(inputs: &Inputs) -> u64 {
    let found = walk::list(inputs).map(|found| found.files).unwrap_or_default();
    found.iter().filter_map(|f| std::fs::metadata(&f.path).ok()).map(|m| m.len()).sum()
}

fn piped_run(
    run: &Run<'_>,
    arguments: &Cleaning,
    (folder, receipts): (Option<&Path>, Option<&Path>),
    product: Product,
) -> Result<Outcome> {
    if arguments.forecast {
        return Err(Error::Input("--forecast needs files: standard input can be read once only".into()));
    }
    if arguments.inputs.len() > 1 || arguments.files_from.is_some() {
        return Err(Error::Input("`-` stands alone: standard input cannot be mixed with files".into()));
    }
    if product == Product::Decisions {
        return run.pipe(std::io::stdin(), &mut std::io::sink(), folder);
    }
    if folder.is_some() {
        return Err(Error::Input("with `-` the cleaned records go to standard output; leave -o out, and name a folder for receipts by --receipts".into()));
    }
    if run.output.emits(Emit::Attributes) || run.output.emits(Emit::Ids) {
        return Err(Error::Input("with `-` only documents can be written, cleaned or with a field".into()));
    }
    let mut out = std::io::BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    run.pipe(std::io::stdin(), &mut out, receipts)
}

fn verify_one(folder: &Path, quiet: bool) -> Result<ExitCode> {
    let found = verify(&RealDisk, folder)?;
    for problem in &found.problems {
        told!("dechaff: {problem}");
    }
    if !quiet {
        told!(
            "{} files, {} receipts, {} records put back: {}",
            summary::grouped(found.files),
            summary::grouped(found.receipts),
            summary::grouped(found.records),
            match found.problems.len() {
                0 => "all as they were written".to_owned(),
                1 => "1 problem".to_owned(),
                n => format!("{n} problems"),
            }
        );
    }
    tell_unreadable(&found.unreadable);
    Ok(if found.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Writes what was asked for to standard output.
fn say(text: &str) -> Result<()> {
    let mut out = anstream::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::io("write", "-"))
}

fn tell(
    outcome: &Outcome,
    arguments: &Cleaning,
    folder: Option<&Path>,
    product: Product,
    seconds: f64,
) -> Result<()> {
    for rejected in &outcome.rejected {
        told!("dechaff: {rejected}");
    }
    let rejected = outcome.summary.records_rejected + outcome.summary.files_unreadable;
    let more = rejected - outcome.rejected.len() as u64;
    if more > 0 {
        told!("dechaff: {more} more rejected records (--show-rejected N shows more)");
    }
    if !outcome.passed_over.is_empty() {
        let first: &PathBuf = &outcome.passed_over[0];
        told!(
            "dechaff: passed over {} files (names of no format that it reads, or pipes and the like), {} first",
            outcome.passed_over.len(),
            first.display()
        );
    }
    if arguments.quiet {
        return Ok(());
    }
    if outcome.finished > 0 {
        told!("dechaff: {} files of the unfinished run were taken over", outcome.finished);
    }
    let text = outcome.summary.to_text(seconds);
    if product == Product::Decisions {
        say(&text)?;
    } else {
        let _ = write!(anstream::stderr(), "{text}");
    }
    if let Some(folder) = folder {
        // Attributes and lists of ids alone leave the documents where they are.
        let what = if folder.join("documents").is_dir() { "documents/ is clean; " } else { "" };
        told!(
            "{:<12} {}: {what}receipts/ explains every cut; `dechaff explain {} ID` shows one document",
            "where",
            folder.display(),
            folder.display()
        );
    }
    Ok(())
}

fn explain_one(folder: &Path, id: &str, colour: Option<bool>) -> Result<ExitCode> {
    let opened = Opened::new(&RealDisk, folder)?;
    let receipts = opened.find(id)?;
    if receipts.is_empty() {
        told!("dechaff: nothing was cut from a document with the id `{id}`, or there is none");
        return Ok(ExitCode::from(1));
    }
    let colour =
        colour.unwrap_or_else(|| std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let mut out = std::io::stdout().lock();
    for receipt in &receipts {
        let shown = match opened.original_text(receipt)? {
            Some(text) => explain::explain(receipt, &text, colour),
            None => explain::explain_cuts(receipt, colour),
        };
        out.write_all(shown.as_bytes()).map_err(Error::io("write", "-"))?;
    }
    Ok(ExitCode::SUCCESS)
}
