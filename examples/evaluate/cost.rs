//! What a command costs, set beside `wc -w` on the same file in the same minute.

use super::records;
use super::{Form, Missed, show};
use serde::Serialize;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Arguments {
    /// The file that `wc -w` counts
    corpus: PathBuf,
    /// The command and its arguments, after `--`; the argument `OUT` stands for a fresh folder each run
    #[arg(last = true, required = true)]
    command: Vec<String>,
    /// Runs of each
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How many times the CPU time of `wc -w` the command may take
    #[arg(long)]
    max_ratio: Option<f64>,
    /// How many times the size of the file its peak memory may be
    #[arg(long)]
    max_memory: Option<f64>,
    #[command(flatten)]
    form: Form,
}

/// What one run took.
struct Cost {
    /// User and system CPU time in seconds.
    cpu: f64,
    /// Time by the clock in seconds.
    wall: f64,
    /// Largest resident size in bytes.
    peak: u64,
}

#[derive(Serialize)]
struct Report {
    file_bytes: u64,
    wc_version: String,
    runs: usize,
    /// Medians, in seconds.
    wc_cpu: f64,
    command_cpu: f64,
    command_wall: f64,
    /// The median of the ratios of CPU times, pair by pair.
    ratio: f64,
    lowest_ratio: f64,
    highest_ratio: f64,
    /// The largest of all runs.
    peak_bytes: u64,
    peak_over_file: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mb = |bytes: u64| bytes as f64 / 1e6;
        write!(
            f,
            "{:.1} MB, {} runs each: wc -w {:.2} s of CPU, the command {:.2} s ({:.1} MB a second, {:.2} s by the \
             clock), ratio {:.2} ({:.2} to {:.2}); peak memory {:.0} MB, {:.2} times the file; {}",
            mb(self.file_bytes),
            self.runs,
            self.wc_cpu,
            self.command_cpu,
            mb(self.file_bytes) / self.command_cpu,
            self.command_wall,
            self.ratio,
            self.lowest_ratio,
            self.highest_ratio,
            mb(self.peak_bytes),
            self.peak_over_file,
            self.wc_version
        )
    }
}

pub fn run(arguments: &Arguments) -> Result<Missed, String> {
    if !cfg!(target_os = "linux") {
        return Err("cost reads /proc and runs on Linux only".into());
    }
    let found = std::fs::metadata(&arguments.corpus);
    let file_bytes = found.map_err(|e| format!("{}: cannot read: {e}", arguments.corpus.display()))?.len();
    let corpus = arguments.corpus.display().to_string();
    let wc_line = ["env", "LC_ALL=C", "wc", "-w", &corpus].map(str::to_owned);
    let (mut wc, mut command) = (Vec::new(), Vec::new());
    for _ in 0..arguments.runs.max(1) {
        wc.push(measure(&wc_line)?);
        command.push(measure(&arguments.command)?);
    }
    let ratios: Vec<f64> = command.iter().zip(&wc).map(|(c, w)| c.cpu / w.cpu).collect();
    let peak_bytes = command.iter().map(|c| c.peak).max().unwrap_or(0);
    let report = Report {
        file_bytes,
        wc_version: wc_version(),
        runs: wc.len(),
        wc_cpu: median(wc.iter().map(|c| c.cpu)),
        command_cpu: median(command.iter().map(|c| c.cpu)),
        command_wall: median(command.iter().map(|c| c.wall)),
        ratio: median(ratios.iter().copied()),
        lowest_ratio: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        highest_ratio: ratios.iter().copied().fold(0.0, f64::max),
        peak_bytes,
        peak_over_file: peak_bytes as f64 / file_bytes as f64,
    };
    show(&report, &arguments.form)?;
    let mut missed = Missed::default();
    missed.above("the ratio of CPU times", report.ratio, arguments.max_ratio);
    missed.above("peak memory over file size", report.peak_over_file, arguments.max_memory);
    Ok(missed)
}

/// A command that runs, with folders that go when it is dropped.
pub struct Started {
    pub child: Child,
    folder: tempfile::TempDir,
}

/// Starts a command; the argument `OUT` becomes a folder that is not there yet.
pub fn start(line: &[String]) -> Result<Started, String> {
    let folder = tempfile::tempdir().map_err(|e| format!("cannot make a temporary folder: {e}"))?;
    let out = folder.path().join("out").display().to_string();
    let fails = |e: std::io::Error| format!("{}: cannot run: {e}", line[0]);
    let child = Command::new(&line[0])
        .args(line[1..].iter().map(|a| if a == "OUT" { &out } else { a }))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(folder.path().join(SAID)).map_err(fails)?)
        .spawn()
        .map_err(fails)?;
    Ok(Started { child, folder })
}

/// Where the messages of a command go, in its folder.
const SAID: &str = "stderr";

impl Started {
    /// An error where it failed, with what it said.
    pub fn check(&self, status: ExitStatus, line: &[String]) -> Result<(), String> {
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(self.folder.path().join(SAID)).unwrap_or_default();
        Err(format!("{}: {status}\n{}", line.join(" "), said.trim_end()))
    }
}

fn measure(line: &[String]) -> Result<Cost, String> {
    let before = children_ticks()?;
    let began = Instant::now();
    let mut started = start(line)?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_memory(started.child.id()).unwrap_or(0));
        if let Some(status) = started.child.try_wait().map_err(|e| format!("{}: cannot run: {e}", line[0]))? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = began.elapsed().as_secs_f64();
    started.check(status, line)?;
    let ticks = children_ticks()? - before;
    Ok(Cost { cpu: ticks as f64 / TICKS_PER_SECOND, wall, peak })
}

/// The unit of CPU times in proc(5): Linux gives 1/100 s to programs, whatever its own clock is.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system CPU time of all children that ended, the fields `cutime` and `cstime` of proc(5).
fn children_ticks() -> Result<u64, String> {
    let path = Path::new("/proc/self/stat");
    let stat = String::from_utf8_lossy(&records::read(path)?).into_owned();
    // The second field, the name, stands in brackets and may hold spaces; `cutime` is field 16.
    let after_name = stat.rfind(')').map_or("", |at| &stat[at + 1..]);
    let mut ticks = after_name.split_whitespace().skip(13).map(str::parse::<u64>);
    match (ticks.next(), ticks.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok(user + system),
        _ => Err(format!("{}: not as proc(5) has it", path.display())),
    }
}

/// The largest resident size of a process so far, in bytes, while it lives.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn wc_version() -> String {
    let said = Command::new("wc").arg("--version").output().ok();
    let first = said.and_then(|o| String::from_utf8_lossy(&o.stdout).lines().next().map(str::to_owned));
    first.filter(|l| !l.is_empty()).unwrap_or_else(|| "wc of no told version".into())
}

pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[middle] } else { (figures[middle - 1] + figures[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
