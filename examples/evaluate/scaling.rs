//! What more threads give a command, set beside what the machine gives to programs that share nothing.

use super::cost::{Started, median, start};
use super::{Form, Missed, show};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Arguments {
    /// The command and its arguments, after `--`; `JOBS` stands for the number of threads, `OUT` for a fresh folder each run
    #[arg(last = true, required = true)]
    command: Vec<String>,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Runs of each
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// How many times as fast as one thread these must be
    #[arg(long)]
    min_speedup: Option<f64>,
    #[command(flatten)]
    form: Form,
}

#[derive(Serialize)]
struct Report {
    threads: usize,
    runs: usize,
    /// Medians by the clock, in seconds: on one thread, on all, and of as many commands at a time on a thread each.
    one: f64,
    all: f64,
    beside: f64,
    /// The median of how many times as fast all threads are, run by run.
    speedup: f64,
    /// What as many commands at a time get done, in commands on one thread in the same time.
    attainable: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { threads, runs, one, all, beside, speedup, attainable } = self;
        write!(
            f,
            "{runs} runs each: one thread {one:.2} s, {threads} threads {all:.2} s, {threads} commands at a time {beside:.2} s; \
             {threads} threads are {speedup:.2} times as fast as one, and the machine does {attainable:.2} times as much \
             for {threads} commands as for one"
        )
    }
}

pub fn run(arguments: &Arguments) -> Result<Missed, String> {
    let (threads, mut times) = (arguments.threads.max(1), Vec::new());
    for _ in 0..arguments.runs.max(1) {
        let one = time(&arguments.command, 1, 1)?;
        times.push([one, time(&arguments.command, 1, threads)?, time(&arguments.command, threads, 1)?]);
    }
    let report = Report {
        threads,
        runs: times.len(),
        one: median(times.iter().map(|t| t[0])),
        all: median(times.iter().map(|t| t[2])),
        beside: median(times.iter().map(|t| t[1])),
        speedup: median(times.iter().map(|t| t[0] / t[2])),
        attainable: median(times.iter().map(|t| threads as f64 * t[0] / t[1])),
    };
    show(&report, &arguments.form)?;
    let mut missed = Missed::default();
    missed.below("the speedup", report.speedup, arguments.min_speedup);
    Ok(missed)
}

/// Seconds until so many commands that begin together have ended, on so many threads each.
fn time(command: &[String], threads: usize, commands: usize) -> Result<f64, String> {
    let threads = threads.to_string();
    let line: Vec<String> = command.iter().map(|a| if a == "JOBS" { &threads } else { a }).cloned().collect();
    let began = Instant::now();
    let mut started: Vec<Started> = (0..commands).map(|_| start(&line)).collect::<Result<_, _>>()?;
    for started in &mut started {
        let status = started.child.wait().map_err(|e| format!("{}: cannot run: {e}", line[0]))?;
        started.check(status, &line)?;
    }
    // Before their folders go.
    Ok(began.elapsed().as_secs_f64())
}
